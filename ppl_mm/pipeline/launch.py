"""Starts the commands of a pipeline as processes that end with it."""

import io
import multiprocessing
import os
import runpy
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from ..utils.processes.worker_pool import end_with_parent


def start(command: Sequence[str], log: Path, keep: int | None = None) -> BaseProcess:
    """Start a command of Python; it ends when this process does, even if that is killed.

    On Linux it is forked from Python's fork server, which has imported what the steps need, see
    :mod:`.preload`. It is a new interpreter elsewhere, where libraries do not survive a fork, and
    where there is a GPU, because CUDA does not survive one.

    Args:
        command: The interpreter; a script, or ``-m`` and a module; arguments.
        log: The file to add the output to.
        keep: A file descriptor to keep open in the process.
    """
    context = _context()
    # Multiprocessing sends connections, and leaves open what they are of.
    kept = None if keep is None else Connection(os.dup(keep))
    # The fork server may be older than the environment.
    arguments = (command[1:], log, kept, dict(os.environ))
    process = context.Process(target=_run, args=arguments, name=log.stem)
    process.start()
    return process


def _context() -> ForkServerContext | SpawnContext:
    """Return how processes are started."""
    if not _can_fork():
        return multiprocessing.get_context('spawn')
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['ppl_mm.pipeline.preload'])
    return context


def _can_fork() -> bool:
    if sys.platform != 'linux':
        return False
    from mmengine.device import get_device

    return get_device() == 'cpu'


def _run(
    command: Sequence[str], log: Path, kept: Connection | None, environment: Mapping[str, str]
) -> None:
    """Do what ``python *command`` does, in a new process."""
    _set_environment(environment)
    threading.Thread(target=end_with_parent, daemon=True).start()
    # Data loaders start their workers the default way, not the way this process was started.
    multiprocessing.set_start_method(None, force=True)
    _redirect(log)
    _reseed()
    is_module = command[0] == '-m'
    sys.argv = list(command[1:] if is_module else command)
    if not getattr(sys.flags, 'safe_path', False):
        sys.path[0] = os.getcwd() if is_module else str(Path(command[0]).resolve().parent)
    if is_module:
        runpy.run_module(command[1], run_name='__main__', alter_sys=True)
    else:
        runpy.run_path(command[0], run_name='__main__')


def _set_environment(environment: Mapping[str, str]) -> None:
    """Set the variables of the process that asks, whatever they were when the fork server began."""
    preload = sys.modules.get('ppl_mm.pipeline.preload')
    for name in getattr(preload, 'VARIABLES', frozenset()) - environment.keys():
        os.environ.pop(name, None)
    os.environ.update(environment)


def _redirect(log: Path) -> None:
    """Write into a log, line by line."""
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    for target in (1, 2):
        os.dup2(file, target)
    os.close(file)
    assert isinstance(sys.stdout, io.TextIOWrapper)
    sys.stdout.reconfigure(line_buffering=True)


def _reseed() -> None:
    """Give a fork random numbers of its own; Python does so for its module ``random``."""
    for name in ('numpy.random', 'torch'):
        if name in sys.modules:
            sys.modules[name].seed()
