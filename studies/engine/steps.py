"""The commands of a run: each done once, resumed after a kill, and measured."""

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ppl_mm.errors import UserError
from ppl_mm.pipeline.process import last_useful_line
from ppl_mm.utils.files import read_json, write_json

from .command import ROOT, run_command
from .watch import Watch

#: The folder of its commands.
TOOLS = ROOT / 'tools'
_GPU_MEMORY = re.compile(r'\bmemory: (\d+)\b')


class StepFailed(UserError):
    """A command of a run has failed.

    Args:
        message: One line.
        status: Its exit status, negative for a signal.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Steps:
    """The commands of a run, with their logs and records in a folder.

    Args:
        folder: Holds ``steps/<name>.json`` and ``logs/<name>.log``.
        show: Called about twice a second with the step's name and its last progress.
    """

    def __init__(self, folder: Path, show: Callable) -> None:
        self.folder, self.show = Path(folder), show

    def done(self, name: str) -> dict | None:
        """Return the record of a finished step."""
        record = self._read(name)
        return record if record.get('done') else None

    def run(self, name: str, command: Sequence[str | Path], resume: Sequence[str] = ()) -> dict:
        """Run a command, unless it is finished.

        Args:
            name: Name of the step.
            command: Program and arguments.
            resume: Arguments to add when an interrupted step continues.

        Returns:
            ``command``; ``seconds`` by the clock, with those of interrupted tries; ``cpu_seconds``
            of the last try; ``tries``; ``peak_memory`` of its process in bytes, None where the
            system does not say; ``gpu_peak_memory`` likewise.

        Raises:
            StepFailed: If it fails.
        """
        if record := self.done(name):
            return record
        before = self._read(name)
        tries = before.get('tries', 0) + 1
        command = [*map(str, command), *(resume if before else ())]
        watch = Watch(
            before.get('seconds', 0.0),
            lambda seconds: self._write(name, dict(tries=tries, seconds=seconds)),
            lambda progress: self.show(name, progress),
        )
        log = self.folder / 'logs' / f'{name}.log'
        try:
            status = run_command(command, log, watch)
        finally:
            watch.note()
        if status:
            why = last_useful_line(log)
            raise StepFailed(f'{name} failed with status {status}: {why}', status)
        record = dict(
            done=True,
            command=command,
            tries=tries,
            **watch.measured(),
            gpu_peak_memory=gpu_memory(log),
        )
        self._write(name, record)
        return record

    def tool(self, name: str, script: str, *arguments: str | Path) -> dict:
        """Run a command of tools/; see :meth:`run`."""
        return self.run(name, [sys.executable, TOOLS / script, *arguments])

    def train(self, config: Path, work_dir: Path, options: Sequence[str]) -> dict:
        """Train, or continue an interrupted training; see :meth:`run`.

        Args:
            config: The training's.
            work_dir: Where mmengine writes.
            options: More arguments.
        """
        command = [sys.executable, TOOLS / 'train.py', config, '--work-dir', work_dir]
        return self.run('train', [*command, '--no-validate', *options], resume=('--resume',))

    def forget(self, name: str) -> None:
        """Have a step start anew next time."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / 'steps' / f'{name}.json'

    def _read(self, name: str) -> dict:
        try:
            return read_json(self._path(name))
        except FileNotFoundError:
            return {}

    def _write(self, name: str, record: dict) -> None:
        write_json(self._path(name), record)


def gpu_memory(log: Path) -> int | None:
    """Return the most bytes on a GPU according to mmengine's log."""
    found = _GPU_MEMORY.findall(log.read_text(errors='replace'))
    return max(map(int, found)) * 2**20 if found else None
