"""One command as a process of its own, watched through its log."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

from .launch import start
from .progress import Progress, parse_progress, parse_stage

# How a traceback, or one of our own errors, names what went wrong.
_ERROR = re.compile(r'^(error: |[\w.]*(Error|Exception|Interrupt)\b)')


def run_process(
    command: Sequence[str],
    log: Path,
    show: Callable[[Progress | None], None],
    keep: int | None = None,
) -> int:
    """Run a command; return its exit status, negative for the signal that ended it.

    Args:
        command: As :func:`.launch.start` takes it.
        log: The file to add the output to.
        show: Called about twice a second with the last progress in the output, None before there
            was any.
        keep: A file descriptor to keep open in the process.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, 'ab') as output:
        output.write(f'$ {" ".join(command)}\n'.encode())
    reader = LogReader(log)
    process = start(command, log, keep)
    try:
        while process.exitcode is None:
            show(reader.read())
            process.join(0.5)
    finally:
        _end(process)
    return process.exitcode


def _end(process: BaseProcess) -> None:
    """End a process that is left when this one is interrupted."""
    if process.is_alive():
        process.terminate()
        process.join(0.5)
        process.kill()
        process.join()


class LogReader:
    """Reads the progress in a growing log, from now on.

    Args:
        log: The file.
    """

    def __init__(self, log: Path) -> None:
        self.log, self.position = log, log.stat().st_size
        self.rest, self.stage = '', ''
        self.progress: Progress | None = None
        self.since = time.monotonic()

    def read(self) -> Progress | None:
        """Return the last progress so far, the time since then taken off the time left."""
        with open(self.log, 'rb') as file:
            file.seek(self.position)
            new = file.read()
        if not new:  # a bar that is redrawn in place has no end of line: it would count as new
            return self._aged(self.progress)
        self.position += len(new)
        *lines, self.rest = re.split(r'[\r\n]', self.rest + new.decode(errors='replace'))
        # A bar that is redrawn in place ends its line only at the end.
        for line in [*lines, self.rest]:
            self.stage = parse_stage(line) or self.stage
            if found := parse_progress(line):
                self.progress = replace(found, stage=self.stage)
                self.since = time.monotonic()
        return self._aged(self.progress)

    def _aged(self, progress: Progress | None) -> Progress | None:
        if progress is None or progress.seconds_left is None:
            return progress
        left = progress.seconds_left - (time.monotonic() - self.since)
        return replace(progress, seconds_left=max(left, 0.0))


def warnings_of(log: Path, begin: int) -> list[str]:
    """Return the warnings in a log from byte ``begin`` on, each once."""
    with open(log, 'rb') as file:
        file.seek(begin)
        lines = file.read().decode(errors='replace').splitlines()
    return list(dict.fromkeys(line for line in lines if line.startswith('warning: ')))


def last_useful_line(log: Path) -> str:
    """Return what a user should read first of a failed command's output.

    That is the last line that names an error, else the last one at all.
    """
    with open(log, 'rb') as file:
        file.seek(max(log.stat().st_size - 65536, 0))
        text = file.read().decode(errors='replace')
    lines = [line.strip() for line in re.split(r'[\r\n]', text)]
    lines = [line for line in lines if line and not line.startswith('$ ')]
    errors = [line for line in lines if _ERROR.match(line)]
    return (errors or lines or ['no output'])[-1].removeprefix('error: ')
