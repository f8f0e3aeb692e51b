"""One command of a run: done once, gone on with after a kill, measured."""
import json
import os
import re
import resource
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ppl_mm.errors import UserError
from ppl_mm.pipeline.process import last_useful_line, run_process
from ppl_mm.utils import atomic_write

ROOT = Path(__file__).resolve().parents[1]
# Seconds between two notes of the time a step has taken.
_NOTE_EVERY = 10.
_TAIL_LINES = 15
_GPU_MEMORY = re.compile(r'\bmemory: (\d+)\b')


class StepFailed(UserError):
    """A command of a run has failed.

    Args:
        message (str): One line.
        status (int): Its exit status, negative for a signal.
        tail (Sequence[str]): The last lines of its log.
    """

    def __init__(self, message: str, status: int,
                 tail: Sequence[str]) -> None:
        super().__init__(message)
        self.status, self.tail = status, list(tail)


class Steps:
    """The commands of a run, with their logs and records in a folder.

    Args:
        folder (Path): Holds ``steps/<name>.json`` and ``logs/<name>.log``.
        show (Callable): Called about twice a second with the step's name and
            the last progress that it told.
    """

    def __init__(self, folder: Path, show: Callable) -> None:
        self.folder, self.show = Path(folder), show

    def done(self, name: str) -> dict | None:
        """The record of a step that is finished."""
        record = self._read(name)
        return record if record.get('done') else None

    def run(self, name: str, command: Sequence[str | Path],
            resume: Sequence[str] = ()) -> dict:
        """Run a command, unless it is finished.

        Args:
            name (str): Of the step.
            command (Sequence[str | Path]): Program and arguments.
            resume (Sequence[str]): Arguments to add when an interrupted run
                is gone on with.

        Returns:
            dict: ``command``; ``seconds`` by the clock, those of interrupted
            tries too; ``cpu_seconds`` of the last try; ``tries``;
            ``peak_memory`` of its process in bytes, None where the system
            does not tell; ``gpu_peak_memory`` likewise.

        Raises:
            StepFailed: If it fails.
        """
        if record := self.done(name):
            return record
        before = self._read(name)
        tries = before.get('tries', 0) + 1
        command = [*map(str, command), *(resume if before else ())]
        watch = _Watch(
            before.get('seconds', 0.),
            lambda seconds: self._write(
                name, dict(tries=tries, seconds=seconds)),
            lambda progress: self.show(name, progress))
        log = self.folder / 'logs' / f'{name}.log'
        try:
            status = run_process(command, log, watch)
        finally:
            watch.note()
        if status:
            lines = log.read_text(errors='replace').splitlines()
            raise StepFailed(
                f'{name} failed with status {status}: {last_useful_line(log)}',
                status, lines[-_TAIL_LINES:])
        record = dict(
            done=True, command=readable(command),
            tries=tries, **watch.measured(), gpu_peak_memory=gpu_memory(log))
        self._write(name, record)
        return record

    def forget(self, name: str) -> None:
        """Have a step start anew next time."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / 'steps' / f'{name}.json'

    def _read(self, name: str) -> dict:
        try:
            return json.loads(self._path(name).read_text())
        except FileNotFoundError:
            return {}

    def _write(self, name: str, record: dict) -> None:
        with atomic_write(self._path(name)) as file:
            file.write(json.dumps(record).encode())


class _Watch:
    """Measures a child process while it is at work."""

    def __init__(self, spent: float, keep: Callable, show: Callable) -> None:
        self.keep, self.show = keep, show
        self.start = self.noted = time.monotonic()
        self.spent, self.peak = spent, None
        self.cpu = _children_seconds()
        self.keep(spent)

    def __call__(self, progress) -> None:
        peaks = [peak for peak in map(_peak_memory, _children()) if peak]
        self.peak = max([self.peak or 0, *peaks]) or None
        if time.monotonic() - self.noted > _NOTE_EVERY:
            self.note()
        self.show(progress)

    def note(self) -> None:
        """Keep the time so far, should this process be killed."""
        self.noted = time.monotonic()
        self.keep(self._seconds())

    def _seconds(self) -> float:
        return self.spent + time.monotonic() - self.start

    def measured(self) -> dict:
        """What is known at the end."""
        return dict(seconds=self._seconds(),
                    cpu_seconds=_children_seconds() - self.cpu,
                    peak_memory=self.peak)


def _children_seconds() -> float:
    """Processor time of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _children() -> list[str]:
    """Process ids of the children, where Linux tells them."""
    pid = os.getpid()
    try:
        return Path(f'/proc/self/task/{pid}/children').read_text().split()
    except OSError:
        return []


def _peak_memory(pid: str) -> int | None:
    """The most bytes that a process has held so far."""
    try:
        status = Path(f'/proc/{pid}/status').read_text()
    except OSError:
        return None
    found = re.search(r'VmHWM:\s+(\d+)', status)
    return found and 1024 * int(found[1])


def gpu_memory(log: Path) -> int | None:
    """The most bytes on a GPU that mmengine's log tells, if it does."""
    found = _GPU_MEMORY.findall(log.read_text(errors='replace'))
    return max(map(int, found)) * 2**20 if found else None


def readable(command: Sequence[str]) -> str:
    """A command as it would be typed in the project's folder."""
    parts = ['python' if part == sys.executable
             else part.replace(f'{ROOT}/', '') for part in command]
    return shlex.join(parts)
