"""One command as a process of its own, watched through its log."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from .progress import Progress, parse_progress

_ROOT = Path(__file__).resolve().parents[2]
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# How a traceback, or one of our own errors, names what went wrong.
_ERROR = re.compile(r'^(error: |[\w.]*(Error|Exception|Interrupt)\b)')


def run_process(
    command: Sequence[str],
    log: Path,
    show: Callable[[Progress | None], None],
    start: Callable | None = None,
) -> int:
    """Run a command; its output goes to a log.

    Args:
        command (Sequence[str]): Program and arguments.
        log (Path): The file to add the output to.
        show (Callable): Called about twice a second with the last progress
            that the output told, None before there was any.
        start (Callable, optional): What starts it, as :func:`start_process`,
            which is the default.

    Returns:
        int: Its exit status, negative for the signal that ended it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, 'ab') as output:
        output.write(f'$ {" ".join(command)}\n'.encode())
        output.flush()
        reader = _LogReader(log)
        process = (start or start_process)(command, output)
    try:
        while process.poll() is None:
            show(reader.read())
            _wait(process)
    finally:
        _end(process)
    return process.returncode


def start_process(
    command: Sequence[str], output: IO[bytes], inherit: Sequence[int] = ()
) -> subprocess.Popen:
    """Start a command that ends with this process, even if this is killed.

    Args:
        command (Sequence[str]): Program and arguments.
        output (IO[bytes]): The file to add the output to.
        inherit (Sequence[int]): File descriptors to leave open in it.

    Returns:
        subprocess.Popen: The process.
    """
    return popen(
        command, inherit, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
    )


def popen(command: Sequence[str], inherit: Sequence[int], **streams) -> subprocess.Popen:
    """As :func:`start_process`, with the streams that ``Popen`` takes."""
    end = partial(end_with_parent, os.getpid())
    return subprocess.Popen(
        command,
        env=_environment(),
        pass_fds=inherit,
        preexec_fn=end if sys.platform == 'linux' else None,
        **streams,
    )


def _wait(process: subprocess.Popen) -> None:
    try:
        process.wait(timeout=0.5)
    except subprocess.TimeoutExpired:
        pass


def _end(process: subprocess.Popen) -> None:
    """End a process that is left when this one is interrupted."""
    if process.poll() is None:
        process.terminate()
        time.sleep(0.5)
        process.kill()
        process.wait()


def _environment() -> dict[str, str]:
    """As here, with output that comes at once and this very ppl_mm."""
    paths = [str(_ROOT), os.environ.get('PYTHONPATH', '')]
    return dict(os.environ, PYTHONUNBUFFERED='1', PYTHONPATH=os.pathsep.join(filter(None, paths)))


def end_with_parent(parent: int) -> None:
    """Have Linux kill this process, a new one, when its parent is gone.

    Else a killed pipeline would leave a training behind, and the next one
    would write into the same folder.

    Args:
        parent (int): Its process id.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before
        os._exit(1)


class _LogReader:
    """Reads what a growing log tells of progress."""

    def __init__(self, log: Path) -> None:
        self.log, self.position = log, log.stat().st_size
        self.rest, self.progress = '', None

    def read(self) -> Progress | None:
        """The last progress told so far."""
        with open(self.log, 'rb') as file:
            file.seek(self.position)
            new = file.read()
        self.position += len(new)
        *lines, self.rest = re.split(r'[\r\n]', self.rest + new.decode(errors='replace'))
        # A bar that is redrawn in place ends its line only at the end.
        for line in [*lines, self.rest]:
            self.progress = parse_progress(line) or self.progress
        return self.progress


def last_useful_line(log: Path) -> str:
    """What a user should read first of a failed command's output.

    Args:
        log (Path): Its output.

    Returns:
        str: The last line that names an error, else the last one at all.
    """
    with open(log, 'rb') as file:
        file.seek(max(log.stat().st_size - 65536, 0))
        text = file.read().decode(errors='replace')
    lines = [line.strip() for line in re.split(r'[\r\n]', text)]
    lines = [line for line in lines if line and not line.startswith('$ ')]
    errors = [line for line in lines if _ERROR.match(line)]
    return (errors or lines or ['it said nothing'])[-1].removeprefix('error: ')
