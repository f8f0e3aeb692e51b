"""The folder of a pipeline: whose it is, who is in it, what is done."""

import fcntl
import json
import time
from pathlib import Path
from typing import IO

from ..errors import UserError
from ..utils.files import write_json
from .clearing import find_written, remove
from .step import Step

# A killed run's data loaders take some seconds to notice.
_PATIENCE = 30.0


class WorkFolder:
    """Keeps the records of a pipeline's steps.

    ``pipeline.json`` says whose folder it is, ``steps/<step>.json`` that a
    step is finished, from what, and ``steps/<step>.started.json`` that it
    was begun.

    Args:
        path (Path): The folder.
        identity (dict): What makes it another pipeline's, of JSON's types.
        settings (dict): What ``pipeline.json`` keeps beside that.
    """

    def __init__(self, path: Path, identity: dict, settings: dict) -> None:
        self.path = path
        self.identity, self.settings = identity, settings

    def check(self) -> None:
        """Refuse the folder of something else.

        Raises:
            UserError: If it is not empty and not this pipeline's.
        """
        record = self.path / 'pipeline.json'
        if self.path.exists() and not self.path.is_dir():
            raise UserError(f'{self.path}: is a file; give another --work-dir')
        if not record.is_file():
            if self.path.is_dir() and any(
                not item.name.startswith('.') for item in self.path.iterdir()
            ):
                raise UserError(
                    f'{self.path}: is not empty and not the folder of a '
                    'pipeline; give another --work-dir'
                )
            return
        found = _read(record) or {}
        for key, value in self.identity.items():
            if found.get(key) != value:
                raise UserError(
                    f'{self.path}: holds another run ({key} is '
                    f'{found.get(key)!r} there, {value!r} here); give another '
                    '--work-dir or remove this one'
                )

    def claim(self) -> IO[bytes]:
        """Make the folder this pipeline's, and nobody else's meanwhile.

        Returns:
            IO[bytes]: An open file that holds the lock, which the system
            lets go when this process and those that inherit it are gone.

        Raises:
            UserError: If another run is at work in it.
        """
        self.check()
        self.path.mkdir(parents=True, exist_ok=True)
        lock = open(self.path / '.lock', 'wb')
        self._lock(lock)
        write_json(self.path / 'pipeline.json', self.identity | self.settings)
        return lock

    def _lock(self, lock: IO[bytes]) -> None:
        deadline = time.monotonic() + _PATIENCE
        waiting = False
        while True:
            try:
                return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if time.monotonic() > deadline:
                    raise UserError(
                        f'{self.path}: another run is at work in it; wait '
                        'for its end, or give another --work-dir'
                    ) from error
            if not waiting:
                print(f'waiting for another run in {self.path} to end')
            waiting = True
            time.sleep(0.2)

    def log_path(self, step: Step) -> Path:
        """Where the output of a step goes."""
        return self.path / 'logs' / f'{step.name}.log'

    def finished(self, step: Step) -> dict | None:
        """The record of a step that was finished and whose files are there.

        Args:
            step (Step): The step.

        Returns:
            dict | None: ``fingerprint``, ``result``, ``seconds`` and
            ``command``.
        """
        record = _read(self._record(step))
        return record if record and step.output_files() else None

    def begun(self, step: Step) -> dict | None:
        """The record of a step that was started: fingerprint and times."""
        return _read(self._begun_path(step))

    def begin(self, step: Step, fingerprint: str) -> bool:
        """Note that a step starts; remove what it must not continue from.

        Args:
            step: The step.
            fingerprint: Of what it is going to do.

        Returns:
            Whether it continues an interrupted run of the same.

        Raises:
            UserError: If its folder has to be emptied, and holds files that
                the pipeline did not write. Nothing has changed then.
        """
        begun, spent = self.begun(step) or {}, 0.0
        goes_on = begun.get('fingerprint') == fingerprint and step.can_resume()
        configs = {path.name for path in step.configs}.union(begun.get('configs', ()))
        note = dict(fingerprint=fingerprint, configs=sorted(configs))
        if goes_on:
            spent = begun['spent'] + self._time_of_last_run(step, begun)
            self._record(step).unlink(missing_ok=True)
        else:
            self._clear(step, note)
        write_json(self._begun_path(step), note | dict(spent=spent, started=time.time()))
        return goes_on

    def _time_of_last_run(self, step: Step, begun: dict) -> float:
        """Seconds that an interrupted run took, by what it wrote last."""
        try:
            written = self.log_path(step).stat().st_mtime
        except OSError:
            return 0.0
        return max(written - begun['started'], 0.0)

    def _clear(self, step: Step, note: dict) -> None:
        """Remove what earlier runs of a step wrote; killed here, it starts anew as well."""
        written = find_written(step.folder, note['configs']) if step.folder else []
        self._record(step).unlink(missing_ok=True)
        write_json(self._begun_path(step), note | dict(fingerprint=None))
        self.log_path(step).unlink(missing_ok=True)
        remove(written)

    def finish(self, step: Step, result: str, seconds: float) -> dict:
        """Note that a step is finished.

        Args:
            step (Step): The step.
            result (str): Hash of what it made.
            seconds (float): How long its last process took.

        Returns:
            dict: Its record.
        """
        begun = self.begun(step)
        record = dict(
            step=step.name,
            title=step.title,
            fingerprint=begun['fingerprint'],
            result=result,
            seconds=round(begun['spent'] + seconds, 2),
            command=step.command,
        )
        write_json(self._record(step), record)
        return record

    def _record(self, step: Step) -> Path:
        return self.path / 'steps' / f'{step.name}.json'

    def _begun_path(self, step: Step) -> Path:
        return self.path / 'steps' / f'{step.name}.started.json'


def _read(path: Path) -> dict | None:
    """A JSON object, or None where there is none."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
