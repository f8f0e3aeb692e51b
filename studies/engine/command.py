"""Runs one command in a fresh process, whose time and memory can be measured.

The pipeline forks its steps from a server that has imported everything; what such a step takes
would not be comparable.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from ppl_mm.pipeline.process import LogReader
from ppl_mm.pipeline.progress import Progress

#: The project's folder.
ROOT = Path(__file__).resolve().parents[2]
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# Seconds between two looks at the log.
_LOOK_EVERY = 0.5


def run_command(command: Sequence[str], log: Path, show: Callable[[Progress | None], None]) -> int:
    """Run a command; return its exit status, negative for the signal that ended it.

    On Linux it ends with this process, even if that is killed.

    Args:
        command: Program and arguments. What it imports from the project is this very one.
        log: The file to add the output to.
        show: Called about twice a second with the last progress in the output, None before there
            was any.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, 'ab') as output:
        output.write(f'$ {" ".join(command)}\n'.encode())
        output.flush()
        reader = LogReader(log)
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(),
            preexec_fn=partial(_end_with_parent, os.getpid()) if sys.platform == 'linux' else None,
        )
    try:
        while not _ended(process):
            show(reader.read())
    finally:
        _end(process)
    return process.returncode


def _environment() -> dict[str, str]:
    """Return this environment, with output that comes at once and this very project."""
    paths = [str(ROOT), os.environ.get('PYTHONPATH')]
    return dict(os.environ, PYTHONUNBUFFERED='1', PYTHONPATH=os.pathsep.join(filter(None, paths)))


def _ended(process: subprocess.Popen) -> bool:
    try:
        process.wait(_LOOK_EVERY)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen) -> None:
    """End a process that is left when this one is interrupted."""
    if process.poll() is None:
        process.terminate()
        if not _ended(process):
            process.kill()
            process.wait()


def _end_with_parent(parent: int) -> None:
    """Have Linux kill this new process when its parent is gone.

    Otherwise a killed queue would leave a training behind, and the next one would write into the
    same folder.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before
        os._exit(1)
