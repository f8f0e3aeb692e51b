"""Which steps of a pipeline are finished, which continue, and which start anew."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import UserError
from . import fingerprint
from .settings import PipelineSettings
from .step import Step
from .work_folder import WorkFolder, keeps_maps


class Resume:
    """What an earlier run of the same command has left to do.

    A finished step is skipped unless something that it depends on has changed: its command, its
    configs, the data, or the results of the steps before it. All of it is one hash, see
    :mod:`.fingerprint`, that :class:`.WorkFolder` keeps when a step begins and when it ends. A step
    that was interrupted continues if the hash is still the same and its command can continue
    (:meth:`.Step.can_resume`). An export that would make the same maps keeps them, and only cuts
    them anew. Any other step starts anew, and what it had written is removed first
    (:mod:`.clearing`).

    Args:
        steps: All steps, in order.
        folder: Their records.
        settings: Settings of the pipeline.
        places: Folders by name that may be moved.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        folder: WorkFolder,
        settings: PipelineSettings,
        places: dict[str, Path],
    ) -> None:
        self.steps = {step.name: step for step in steps}
        self.folder, self.settings, self.places = folder, settings, places
        self._data: str | None = None

    def record(self, step: Step) -> dict | None:
        """Return the record of a step that need not run, else None."""
        record = self.folder.finished(step)
        return record if record and record['fingerprint'] == self.fingerprint(step) else None

    def settled(self) -> dict[str, dict]:
        """Return the records, by name, of the steps that need not run, nor do those before them."""
        found: dict[str, dict] = {}
        for name, step in self.steps.items():
            if found.keys() >= set(step.needs) and (record := self.record(step)):
                found[name] = record
        return found

    def is_cut(self, step: Step, settled: Collection[str]) -> bool:
        """Return whether a step will only cut the maps anew that it has exported.

        ``settled`` names the steps whose results will be the same when it runs.
        """
        if any(self.steps[name].kind == 'train' and name not in settled for name in step.needs):
            return False
        begun = self.folder.begun(step)
        if not begun or not self.folder.finished(step) or self.record(step):
            return False
        return keeps_maps(begun, self.maps(step))

    def fingerprint(self, step: Step) -> str | None:
        """Return the hash of what a step would do now, None if that is not known yet."""
        inputs = self._inputs(step)
        if inputs is None:
            return None
        return fingerprint.of_step(step, self.places, self._data_of(step), inputs)

    def maps(self, step: Step) -> str | None:
        """Return the hash of the maps that an export would make now, wherever it cuts them.

        None for a step without maps, or if it is not known yet.
        """
        inputs = self._inputs(step)
        if inputs is None or not step.maps_command:
            return None
        trained = {name: made for name, made in inputs.items() if self.steps[name].kind == 'train'}
        uncut = replace(step, command=[step.command[0], *step.maps_command], files=())
        return fingerprint.of_step(uncut, self.places, self._data_of(step), trained)

    def _inputs(self, step: Step) -> dict[str, str] | None:
        """Return the hash of what each step that it needs has made, None if one has not."""
        records = {name: self.folder.finished(self.steps[name]) for name in step.needs}
        made = {name: record['result'] for name, record in records.items() if record}
        return made if len(made) == len(records) else None

    def _data_of(self, step: Step) -> str | None:
        if step.kind == 'make_data':
            return None
        self._data = self._data or fingerprint.of_data(self.settings)
        return self._data

    def state(self, step: Step, settled: Collection[str]) -> str:
        """Say what is to do, where those that :meth:`settled` returns need not run."""
        if step.name in settled:
            return 'finished'
        record, begun = self.folder.finished(step), self.folder.begun(step)
        if begun and step.can_resume() and set(settled) >= set(step.needs):
            if not record and begun['fingerprint'] == self.fingerprint(step):
                return 'to continue'
            if keeps_maps(begun, self.maps(step)):
                return 'to cut again, its maps stay'
        return 'to do again, something has changed' if record else 'to do'

    def check_needs(self, step: Step) -> None:
        """Refuse a step that is asked for too early.

        Raises:
            UserError: If a step that it needs is not finished.
        """
        settled, first = self.settled(), step
        while missing := [name for name in first.needs if name not in settled]:
            first = self.steps[missing[0]]
        if first is not step:
            raise UserError(
                f'step {step.name} needs {first.name}, which is not finished, or has changed; '
                f'run the pipeline with --until {step.name}'
            )
