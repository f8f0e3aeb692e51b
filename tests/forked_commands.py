"""Runs commands in forked processes, whose imports are done.

An interpreter that imports torch and OpenMMLab takes seconds to start, a fork
takes none, and it cannot disturb the next one.
"""

import gc
import importlib
import inspect
import multiprocessing.forkserver
import os
import resource
import runpy
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope, Registry
from mmengine.visualization import Visualizer
from tool_modules import load_tool

from ppl_mm.pipeline import launch
from ppl_mm.utils import cli

ROOT = Path(__file__).parents[1]
COMMANDS = {
    path.stem: path
    for path in sorted((ROOT / 'tools').rglob('*.py'))
    if 'cli' in path.read_text(encoding='utf-8')
}
# Longer than any of them takes, on a busy machine.
SECONDS = 600


def module_of(name):
    """The module of a command."""
    return load_tool(COMMANDS[name].stem)


@cache
def import_types():
    """Import what configs name, which each child would otherwise import anew."""
    importlib.import_module('ppl_mm.pipeline.preload')
    for package in ('mmengine', 'mmpretrain', 'mmseg', 'ppl_mm'):
        for value in vars(importlib.import_module(f'{package}.registry')).values():
            if isinstance(value, Registry):
                value.import_from_location()
    # With the list of fonts all children draw alike, whatever other processes do to that on disk.
    for name in ('matplotlib.font_manager', 'contourpy', 'ppl_mm.utils.config.check'):
        importlib.import_module(name)


def forget():
    """Take away what a Runner leaves behind, which a process of its own has not."""
    for kind in (MMLogger, Visualizer, DefaultScope, MessageHub):
        kind._instance_dict.clear()


def become(words, folder, seconds, output, errors):
    """Give a child the arguments, the folder, the time limit and the output of a command."""
    signal.alarm(seconds)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir(folder)
    for stream, file in ((1, output), (2, errors)):
        if file >= 0:
            os.dup2(file, stream)
    sys.stdout = open(1, 'w', closefd=False)
    sys.stderr = open(2, 'w', buffering=1, closefd=False)
    sys.argv = [*map(str, words)]


def status_of(main):
    """Run a command to its end; its exit status."""
    code = 1
    try:
        cli.run(main)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


class Popen(subprocess.Popen):
    """A ``subprocess.Popen`` that forks this process where it would start the same Python anew.

    So do the commands that the forked process starts, those of a pipeline among them.
    """

    def _execute_child(self, *args) -> None:
        given = _SIGNATURE.bind(self, *args).arguments
        words = list(map(os.fsdecode, given['args']))
        if words[0] != sys.executable or not (words[1] == '-m' or words[1].endswith('.py')):
            super()._execute_child(*args)
            return
        import_types()
        gc.collect()  # loaders of other tests cannot end their workers from the child
        self.pid = os.fork()
        if not self.pid:
            child = multiprocessing.Process(target=_play, args=(words[1:], given), daemon=False)
            os._exit(child._bootstrap())
        self._child_created = True
        self._close_pipe_fds(*(given[name] for name in _PIPES))


_SIGNATURE = inspect.signature(subprocess.Popen._execute_child)
_PIPES = 'p2cread', 'p2cwrite', 'c2pread', 'c2pwrite', 'errread', 'errwrite'


def run(command: Sequence, **options) -> subprocess.CompletedProcess:
    """Do what ``subprocess.run`` does, in a forked process; what is printed is text, captured.

    Args:
        command: The interpreter; a script, or ``-m`` and a module; arguments.
        **options: Those of :class:`Popen`.
    """
    options = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) | options
    with Popen(list(map(str, command)), **options) as process:
        printed = process.communicate(timeout=SECONDS)
    return subprocess.CompletedProcess(process.args, process.returncode, *printed)


def run_ranks(command: Sequence, count: int, env: Mapping[str, str], **options) -> list[str]:
    """Run a command in several processes, as torchrun starts them; what they print as errors.

    Args:
        command: See :func:`run`; each process must end with status 0.
        count: How many processes.
        env: Their environment variables.
        **options: Those of :class:`Popen`.
    """
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        port = str(listener.getsockname()[1])
    env = dict(env, MASTER_ADDR='127.0.0.1', MASTER_PORT=port, CUDA_VISIBLE_DEVICES='')
    env |= dict(WORLD_SIZE=str(count), LOCAL_WORLD_SIZE=str(count))
    command = [*map(str, command), '--launcher', 'pytorch']
    ranks = [dict(env, RANK=str(rank), LOCAL_RANK=str(rank)) for rank in range(count)]
    options |= dict(stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    processes = [Popen(command, env=rank, **options) for rank in ranks]
    printed = [process.communicate(timeout=SECONDS)[1] for process in processes]
    assert all(process.returncode == 0 for process in processes), '\n'.join(printed)
    return printed


def _play(words: Sequence[str], given: Mapping) -> None:
    """Do what an interpreter does with its command line."""
    environment = dict(os.environ if given['env'] is None else given['env'])
    os.environ.clear()
    os.environ.update(environment)
    if given['preexec_fn']:
        given['preexec_fn']()
    is_module = words[0] == '-m'
    folder = os.fspath(given['cwd'] or os.getcwd())
    become(words[is_module:], folder, SECONDS, given['c2pwrite'], given['errwrite'])
    for file in {given['c2pwrite'], given['errwrite']}:
        if file > 2:  # a step of a pipeline would hold it open
            os.close(file)
    forget()
    launch._reseed()
    subprocess.Popen = Popen
    # The fork server of the parent is not a child of this process.
    multiprocessing.forkserver._forkserver._forkserver_pid = None
    # A fork server would import everything anew.
    launch._context = lambda: multiprocessing.get_context('fork')
    places = filter(None, environment.get('PYTHONPATH', '').split(os.pathsep))
    sys.path[:0] = [folder if is_module else str(Path(words[0]).resolve().parent), *places]
    try:
        if is_module:
            runpy.run_module(words[1], run_name='__main__', alter_sys=True)
        else:
            runpy.run_path(words[0], run_name='__main__')
    except Exception:
        sys.excepthook(*sys.exc_info())  # ppl_mm has one of its own
        sys.exit(1)
