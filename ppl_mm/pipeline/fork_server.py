"""Imports once what the steps of a pipeline need, and forks a step from there.

Importing takes most steps of a small pipeline longer than their work. This
process does nothing but import, so that a step that is forked from it starts
as a process of its own does, only later.

``python -m ppl_mm.pipeline.fork_server`` answers READY on stdout, or ends
where it cannot be forked. A request on stdin is a line of JSON: ``command``,
what follows the interpreter, and ``log``, the file to add the output to. It is
answered by the process id, and once the step has ended by its exit status.
"""

import gc
import json
import os
import runpy
import signal
import sys
import threading
from importlib import import_module
from pathlib import Path

from .forked_process import READY, send_answer
from .process import end_with_parent

# What the registries import when a Runner is built, and what the commands
# import. Not the commands: each is run as __main__.
_MODULES = (
    'matplotlib.backends.backend_agg',
    'matplotlib.pyplot',
    'mmengine.runner',
    'mmengine.visualization',
    'mmpretrain.datasets',
    'mmpretrain.engine',
    'mmpretrain.evaluation',
    'mmpretrain.models',
    'mmpretrain.visualization',
    'mmseg.datasets',
    'mmseg.engine',
    'mmseg.evaluation',
    'mmseg.models',
    'mmseg.visualization',
    'ppl_mm.apis.export',
    'ppl_mm.apis.refine',
    'ppl_mm.datasets.cam_pseudo_label_dataset',
    'ppl_mm.data_tools.demo.data',
    'ppl_mm.datasets.image_label_dataset',
    'ppl_mm.datasets.transforms.crops',
    'ppl_mm.datasets.transforms.loading',
    'ppl_mm.engine',
    'ppl_mm.evaluation',
    'ppl_mm.models',
    'ppl_mm.gallery.pictures',
    'ppl_mm.gallery.results',
    'ppl_mm.refine',
)


def main() -> None:
    """Serve; in a forked process, be the step."""
    request = serve()
    if request:
        run_command(request['command'], request['log'])


def serve() -> dict | None:
    """Answer requests until there are no more.

    Returns:
        dict | None: In a forked process, the request that is for it.
    """
    answers = os.dup(1)
    os.dup2(2, 1)  # what an import prints is not an answer
    if not preload():
        return None
    # Ctrl-C reaches every process: it is for the pipeline and the step.
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = os.getpid()
    send_answer(answers, READY)
    while line := sys.stdin.buffer.readline():
        process = os.fork()
        if not process:
            end_with_parent(server)
            signal.signal(signal.SIGINT, interrupt)
            os.close(answers)
            return json.loads(line)
        send_answer(answers, process)
        _, status = os.waitpid(process, 0)
        send_answer(answers, os.waitstatus_to_exitcode(status))
    return None


def preload() -> bool:
    """Import the modules.

    Returns:
        bool: Whether this process can be forked: without a GPU, because what
        CUDA was asked does not survive a fork, and without threads. Those of
        numerical libraries end and start again by themselves.
    """
    from mmengine.device import get_device

    if get_device() != 'cpu':
        return False
    for name in _MODULES:
        import_module(name)
    # What is never freed need not be looked through again in each step.
    gc.collect()
    gc.freeze()
    return threading.active_count() == 1


def run_command(command: list[str], log: str) -> None:
    """Do what ``python *command`` does, in this process.

    Args:
        command (list[str]): A script, or ``-m`` and a module; and arguments.
        log (str): The file to add the output to.
    """
    _redirect(log)
    _reseed()
    if command[0] == '-m':
        sys.argv = command[1:]
        runpy.run_module(command[1], run_name='__main__', alter_sys=True)
    else:
        sys.argv = command
        if not getattr(sys.flags, 'safe_path', False):
            sys.path[0] = str(Path(command[0]).resolve().parent)
        runpy.run_path(command[0], run_name='__main__')


def _redirect(log: str) -> None:
    """Read nothing, and write into a log."""
    for path, flags, targets in (
        (os.devnull, os.O_RDONLY, (0,)),
        (log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, (1, 2)),
    ):
        file = os.open(path, flags, 0o666)
        for target in targets:
            os.dup2(file, target)
        os.close(file)


def _reseed() -> None:
    """Start random numbers anew; Python does so for its own after a fork."""
    import numpy as np
    import torch

    np.random.seed()
    torch.seed()


if __name__ == '__main__':
    main()
