"""The folder of a pipeline: whose it is, who is in it, what is done."""

import json
import time
from pathlib import Path
from typing import IO

from ..utils.claims import check_folder
from ..utils.files import write_json
from ..utils.locks import lock_folder
from .clearing import find_written, remove
from .step import Step

_RECORD = 'pipeline.json'
# Seconds; a killed run's data loaders take some to notice.
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
        """Refuse the folder of something else, or of another pipeline.

        Raises:
            UserError: If it is not empty and not this pipeline's.
        """
        check_folder(self.path, self.identity, 'a pipeline', _RECORD)

    def claim(self) -> IO[bytes]:
        """Make the folder this pipeline's, and nobody else's meanwhile.

        Returns:
            An open file that holds the lock, until this process and those
            that inherit it are gone.

        Raises:
            UserError: See :meth:`check`; or if another run is at work in it.
        """
        self.check()
        lock = lock_folder(self.path, _PATIENCE)
        write_json(self.path / _RECORD, self.identity | self.settings)
        return lock

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
