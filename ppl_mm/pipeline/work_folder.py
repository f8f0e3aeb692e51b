"""The folder of a pipeline: whose it is, who works in it, which steps are finished."""

import time
from pathlib import Path
from typing import IO

from ..utils.claims import Claim
from ..utils.files import read_json, write_json
from ..utils.locks import lock_folder
from .clearing import find_written, remove
from .step import Step

_RECORD = 'pipeline.json'
# Seconds; a killed run's data loaders take some to notice.
_PATIENCE = 30.0


class WorkFolder:
    """Keeps the records of a pipeline's steps.

    ``pipeline.json`` says whose folder it is, ``steps/<step>.json`` that a step is finished, and
    from what; ``steps/<step>.started.json`` says that it was started.

    Args:
        path: The folder.
        identity: What another pipeline has different values of, in JSON's types.
        settings: What ``pipeline.json`` keeps as well.
    """

    def __init__(self, path: Path, identity: dict, settings: dict) -> None:
        self.path = path
        self.identity, self.settings = identity, settings

    def check(self) -> None:
        """Refuse the folder of something else, or of another pipeline.

        Raises:
            UserError: If it is not empty and not this pipeline's.
        """
        Claim(self.path / _RECORD, self.identity, 'a pipeline').check()

    def claim(self) -> IO[bytes]:
        """Make the folder this pipeline's, and nobody else's meanwhile.

        Returns:
            An open file that holds the lock, until this process and those that inherit it are gone.

        Raises:
            UserError: See :meth:`check`; or if another run is at work in it.
        """
        self.check()
        lock = lock_folder(self.path, _PATIENCE)
        write_json(self.path / _RECORD, self.identity | self.settings)
        return lock

    def log_path(self, step: Step) -> Path:
        """Return the file with the output of a step."""
        return self.path / 'logs' / f'{step.name}.log'

    def finished(self, step: Step) -> dict | None:
        """Return the record of a finished step, None if it or a file of it is missing.

        It holds ``fingerprint``, ``result``, ``seconds`` and ``command``.
        """
        record = _read(self._record_path(step))
        return record if record and step.output_files() else None

    def begun(self, step: Step) -> dict | None:
        """Return the record of a step that was started: fingerprint and times."""
        return _read(self._begun_path(step))

    def begin(self, step: Step, fingerprint: str, maps: str | None = None) -> bool:
        """Note that a step starts; remove what it must not continue from.

        Args:
            step: The step.
            fingerprint: Of what it is going to do.
            maps: That of the maps it is going to export, see :meth:`.Resume.maps`.
                Defaults to None: it exports none.

        Returns:
            Whether it continues an interrupted run of the same, or cuts the same maps anew.

        Raises:
            UserError: If its folder has to be emptied, and holds files that the pipeline did not
                write. Nothing has changed then.
        """
        begun, spent = self.begun(step) or {}, 0.0
        same = begun.get('fingerprint') == fingerprint or keeps_maps(begun, maps)
        resumes = same and step.can_resume()
        configs = {path.name for path in step.configs}.union(begun.get('configs', ()))
        note = dict(fingerprint=fingerprint, maps=maps, configs=sorted(configs))
        if resumes:
            spent = begun['spent'] + self._time_of_last_run(step, begun)
            self._record_path(step).unlink(missing_ok=True)
        else:
            self._clear(step, note)
        write_json(self._begun_path(step), note | dict(spent=spent, started=time.time()))
        return resumes

    def _time_of_last_run(self, step: Step, begun: dict) -> float:
        """Return the seconds that an interrupted run took, until it last wrote."""
        try:
            written = self.log_path(step).stat().st_mtime
        except OSError:
            return 0.0
        return max(written - begun['started'], 0.0)

    def _clear(self, step: Step, note: dict) -> None:
        """Remove what earlier runs of a step wrote; killed here, it starts anew as well."""
        written = find_written(step.folder, note['configs']) if step.folder else []
        self._record_path(step).unlink(missing_ok=True)
        write_json(self._begun_path(step), note | dict(fingerprint=None, maps=None))
        self.log_path(step).unlink(missing_ok=True)
        remove(written)

    def finish(self, step: Step, result: str, seconds: float) -> dict:
        """Note that a step is finished; return its record.

        ``result`` is the hash of what it made, and ``seconds`` is the time of its last process.
        """
        begun = self.begun(step) or dict(fingerprint=None, spent=0.0)
        record = dict(
            step=step.name,
            title=step.title,
            fingerprint=begun['fingerprint'],
            result=result,
            seconds=round(begun['spent'] + seconds, 2),
            command=step.command,
        )
        write_json(self._record_path(step), record)
        return record

    def _record_path(self, step: Step) -> Path:
        return self.path / 'steps' / f'{step.name}.json'

    def _begun_path(self, step: Step) -> Path:
        return self.path / 'steps' / f'{step.name}.started.json'


def keeps_maps(begun: dict, maps: str | None) -> bool:
    """Return whether an export finds the very maps that it would make, from :meth:`begun`."""
    return maps is not None and begun.get('maps') == maps


def _read(path: Path) -> dict | None:
    """Return the JSON object in a file, None if there is none."""
    try:
        found = read_json(path)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
