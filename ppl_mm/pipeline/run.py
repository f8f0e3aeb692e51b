"""Runs the steps of a pipeline that are not finished; :mod:`.resume` says which these are."""

import json
import sys
import time
from pathlib import Path

from ..errors import UserError
from ..utils.files import read_json
from ..utils.progress import duration
from ..utils.work_dir import check_name
from . import fingerprint
from .data_check import check_data, fit_to_masks
from .guess import guess_times, networks
from .plan import make_plan, report_paths
from .process import last_useful_line, run_process, warnings_of
from .progress import Display, Estimate, Progress
from .resume import Resume
from .settings import CONFIGS, PipelineSettings
from .step import Step
from .work_folder import WorkFolder

# What the report says of a method.
_METHOD_KEYS = ('name', 'key', 'short', 'configs', 'labels')


class Pipeline:
    """The steps of a pipeline in a folder.

    Each step is a process of its own. Finished steps are skipped, see :class:`.resume.Resume`.

    Args:
        settings: Settings of the pipeline.
        work_dir: Where to write.
        tools: The folder of the project's commands.

    Raises:
        UserError: If the folder is another run's, or a config cannot be used.
    """

    def __init__(self, settings: PipelineSettings, work_dir: str | Path, tools: str | Path) -> None:
        self.settings = settings = fit_to_masks(settings)
        self.dir = Path(work_dir)
        check_name(self.dir)
        self.steps = make_plan(settings, self.dir, Path(tools))
        self.folder = WorkFolder(
            self.dir,
            _identity(settings),
            _description(settings)
            | dict(
                steps=[step.name for step in self.steps],
                paths=report_paths(self.steps, settings, self.dir),
            ),
        )
        self.folder.check()
        if settings.make_data is None:
            check_data(settings)
        places = dict(WORK_DIR=self.dir, TOOLS=Path(tools))
        self.resume = Resume(self.steps, self.folder, settings, places)

    def run(self, until: str | None = None, only: str | None = None) -> None:
        """Run the steps that are not finished.

        Args:
            until: The last step to run. Defaults to the last of all.
            only: The only step to run; those that it needs must be finished.

        Raises:
            UserError: If a step fails; the line says which and why.
        """
        steps = self._chosen(until, only)
        display, estimate = Display(len(self.steps)), Estimate(steps)
        with self.folder.claim() as self.lock:
            for step in steps:
                if record := self.resume.record(step):
                    display.skip()
                    estimate.learn(step, record['seconds'])
                    continue
                if only:
                    self.resume.check_needs(step)
                self._run_step(step, display, estimate)
        display.tell_skipped()

    def announce(self) -> bool:
        """Print what :meth:`run` would do, and a guess at how long that takes.

        The guess is from a step or two of training of each network, in the first run.

        Returns:
            Whether there is anything to do.
        """
        settled = self.resume.settled()
        if len(settled) == len(self.steps):
            print(f'all {len(self.steps)} steps are finished')
            return False
        cut = {step.name for step in self.steps if self.resume.is_cut(step, settled)}
        self.steps = guess_times(self.steps, self.settings, self._costs(), cut)
        estimate, todo = Estimate(self.steps), []
        for step in self.steps:
            if record := settled.get(step.name):
                estimate.learn(step, record['seconds'])
            else:
                todo.append(step)
        print(f'{len(todo)} of {len(self.steps)} steps to do:')
        for step in todo:
            print(f'  {step.title}, about {duration(estimate.of(step))}')
        print(f'about {duration(estimate.left(todo[0], 0.0))} in all, a first guess')
        return True

    def _costs(self) -> dict[str, float]:
        """Return the seconds that networks take for an image in training, by config."""
        path, log = self.dir / 'costs.json', self.dir / 'logs/costs.log'
        command = [sys.executable, '-m', 'ppl_mm.pipeline.timing', str(path)]
        with self.folder.claim() as lock:
            if path.is_file():
                return read_json(path)
            print('measuring how fast this machine is ..', flush=True)
            status = run_process(
                [*command, *networks(self.steps)], log, lambda progress: None, lock.fileno()
            )
            if not status and path.is_file():
                return read_json(path)
        print(f'not measured: {last_useful_line(log)}')
        return {}

    def _chosen(self, until: str | None, only: str | None) -> list[Step]:
        names = [step.name for step in self.steps]
        for option, name in (('--until', until), ('--only', only)):
            if name is not None and name not in names:
                raise UserError(f'{option} {name}: no such step; the steps are {", ".join(names)}')
        if only is not None:
            return [self.steps[names.index(only)]]
        return self.steps[: names.index(until) + 1] if until else self.steps

    def _number(self, step: Step) -> int:
        return self.steps.index(step) + 1

    def _run_step(self, step: Step, display: Display, estimate: Estimate) -> None:
        start = time.monotonic()
        number = self._number(step)
        display.start(number, step, estimate.left(step, 0.0))

        def show(progress: Progress | None) -> None:
            """Show how far the step is."""
            passed = time.monotonic() - start
            display.update(progress, passed, estimate.left(step, passed, progress))

        now, cut = self.resume.fingerprint(step), self.resume.is_cut(step, step.needs)
        assert now is not None  # what it needs is finished
        resumes = self.folder.begin(step, now, self.resume.maps(step))
        command = [*step.command, *(['--resume'] if resumes and step.kind == 'train' else [])]
        log = self.folder.log_path(step)
        logged = log.stat().st_size if log.is_file() else 0
        try:
            status = run_process(command, log, show, self.lock.fileno())
        finally:
            display.clear()
        files = step.output_files()
        if status or files is None:
            raise UserError(
                f'step {number} of {len(self.steps)} ({step.name}) failed'
                f'{_why(status)}: {last_useful_line(log)}; its whole output is in {log}, and the '
                'same command continues from here'
            )
        passed = time.monotonic() - start
        record = self.folder.finish(step, fingerprint.of_files(files), passed)
        # A record counts what interrupted runs took, and the export of maps that are cut anew.
        seconds = passed if cut else record['seconds']
        display.done(seconds, warnings_of(log, logged))
        estimate.learn(step, seconds)

    def show(self, until: str | None = None, only: str | None = None) -> None:
        """Print what :meth:`run` would do, without doing it; the arguments are the same."""
        settled = self.resume.settled()
        for step in self._chosen(until, only):
            print(
                f'step {self._number(step)} of {len(self.steps)}: {step.name}, '
                f'{step.title}: {self.resume.state(step, settled)}\n'
                f'  {" ".join(step.command)}'
            )


def _why(status: int) -> str:
    return f' (killed by signal {-status})' if status < 0 else ''


def _identity(settings: PipelineSettings) -> dict:
    return dict(name=settings.name, seed=settings.seed, data_root=str(settings.data_root))


def _description(settings: PipelineSettings) -> dict:
    """Return what the report says of the settings, in JSON's types."""
    said = dict(
        config=settings.path,
        methods=[{key: getattr(one, key) for key in _METHOD_KEYS} for one in settings.methods],
        segmentation=settings.segmentation,
        **{key: getattr(settings, key) for key in CONFIGS if getattr(settings, key)},
        splits=settings.splits,
        not_measured=settings.not_measured,
        make_data=settings.make_data,
    )
    return json.loads(json.dumps(said, default=str))
