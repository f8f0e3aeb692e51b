"""Rows of kind 'cam': train a classifier, export its maps, measure them."""

import fcntl
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.config import Config

from ppl_mm.formats.voc_layout import VOCLayout
from ppl_mm.utils.files import read_json
from ppl_mm.utils.weights.last_checkpoint import last_checkpoint

from ..command import ROOT
from ..record import scores, steps_record, thin_curve
from ..run import Run, write_list
from ..steps import StepFailed, Steps
from .files import drop_optimizer, write_config

# Finer than the default: maps of patches alone peak at a few hundredths.
_THRESHOLDS = (0.005, 0.995, 0.005)


class CamRun:
    """The commands of one run, in order.

    The training is in a folder of its own, shared by runs with the same
    training; whoever comes first trains.

    Args:
        run: The run.
        work_dir: Work folder of the study.
        workers: Processes that load data, for each command.
        keep: Keep the exported maps of a finished run.
        show: See :class:`Steps`.
    """

    def __init__(
        self,
        run: Run,
        work_dir: Path,
        workers: int = 1,
        keep: bool = False,
        show: Callable = lambda *_: None,
    ) -> None:
        self.run, self.keep, self.workers = run, keep, workers
        self.work_dir = Path(work_dir)
        self.training = self.work_dir / 'train' / run.training_key
        self.folder = self.work_dir / 'runs' / run.id.replace('/', '_') / run.settings_key
        self.train_steps = Steps(self.training, show)
        self.steps = Steps(self.folder, show)

    def __call__(self) -> dict:
        """Do what is not done yet.

        Returns:
            What the results keep.

        Raises:
            StepFailed: If a command fails.
        """
        self.make_data()
        steps = dict(train=self.train())
        cost = self.cost()
        images = write_list(self.run, self.work_dir / 'lists')
        steps['export'] = self.export('export', '--split', images)
        steps['evaluate'] = self._evaluate(images)
        report = read_json(self.folder / 'measured.json')
        best, final = report['scores_at_best'], self.run.row.round == 'final'
        record = dict(
            cost=cost,
            threshold=report['best_threshold'],
            classes=list(best['per_class']),
            measured=scores(best, self._measured_name(), report['num_images']),
        )
        if final:
            record['curve'] = thin_curve(report['curve'])
        if final and self.run.data.val:
            record['val'] = self._measure_val(record['threshold'], steps)
        if not self.keep:
            self.forget_maps()
        return record | dict(steps=steps_record(steps))

    def make_data(self) -> None:
        """Make the data, where the project can make it and it is missing."""
        data = self.run.data
        if data.make and not data.list_path(data.masked).is_file():
            tool, *options = data.make
            Steps(self.work_dir / 'data', self.steps.show).run(
                self.run.row.data, [sys.executable, ROOT / tool, '--out', data.root, *options]
            )

    def train(self) -> dict:
        """Train, unless that is done; return the step's record."""
        done = self.train_steps.done('train')
        work = self.training / 'work'
        if done and last_checkpoint(work):
            return done
        config = self.training / 'config.py'
        write_config(self.training_config(), config)
        try:
            record = self.train_steps.train(config, work, self.options('train'))
        except StepFailed as error:
            if error.status > 0:  # a fault of its own, not a kill
                self.train_steps.forget('train')
                shutil.rmtree(work, ignore_errors=True)
            raise
        drop_optimizer(last_checkpoint(work))
        return record

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """Hold a lock around what several runs start from: one makes it, the others wait.

        Args:
            key: The same for all of them.
        """
        locks = self.work_dir / 'locks'
        locks.mkdir(parents=True, exist_ok=True)
        with open(locks / key, 'wb') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def training_config(self) -> Config:
        """Return the config of the training."""
        return self.run.config()

    def cost(self) -> dict | None:
        """Return the FLOPs of the training; None where they cannot be counted."""
        path = self.training / 'cost.json'
        try:
            self.count('cost', self.train_steps, self.training / 'config.py', path)
        except StepFailed as error:
            print(f'{self.run.id}: FLOPs are not counted: {error}')
            return None
        return read_json(path)

    def count(self, name: str, steps: Steps, *arguments: str | Path) -> None:
        """Run the command that counts FLOPs."""
        steps.run(name, [sys.executable, '-m', 'studies.engine.cost', *arguments])

    def options(self, loader: str) -> list[str]:
        """Return the options about what loads the data of 'train' or 'test'."""
        options = ['--cfg-options', f'{loader}_dataloader.num_workers={self.workers}']
        if loader == 'train' and not self.workers:
            options.append('train_dataloader.persistent_workers=False')
        return options

    def export(self, name: str, *which: str | Path) -> dict:
        """Export the maps of a split into the folder of that name."""
        config = self.folder / 'config.py'
        write_config(self.run.config(for_test=True), config)
        where = [self.training / 'work', '--out-dir', self.folder / name]
        return self.steps.tool(name, 'export_cam.py', config, *where, *which, *self.options('test'))

    def _evaluate(self, images: Path) -> dict:
        which = [self.folder / 'export', self.masks(), '--split', images]
        options = ['--thresholds', *map(str, _THRESHOLDS), '--out', self.folder / 'measured']
        return self.steps.tool('evaluate', 'analysis_tools/eval_cam.py', *which, *options)

    def _measure_val(self, threshold: float, steps: dict) -> dict:
        """Measure val once, at a threshold that it did not choose."""
        data, out = self.run.data, self.folder / 'measured_val.json'
        steps['export_val'] = self.export(
            'export_val', '--split', data.val, '--threshold', str(threshold)
        )
        which = [self.folder / 'export_val/labels', self.masks()]
        options = [
            '--split',
            data.list_path(data.val),
            '--classes',
            VOCLayout(data.root).class_file,
        ]
        steps['evaluate_val'] = self.steps.tool(
            'evaluate_val', 'analysis_tools/eval_labels.py', *which, *options, '--out', out
        )
        report = read_json(out)
        return dict(scores(report, data.val, report['num_images']), threshold=threshold)

    def masks(self) -> Path:
        """Return the folder of the ground truth."""
        return VOCLayout(self.run.data.root).mask_dir

    def _measured_name(self) -> str:
        part, name = self.run.measured, self.run.data.masked
        return name if part == 'all' else f'{name}, {part} lines'

    def forget_maps(self) -> None:
        """Delete what was exported and measured."""
        for name in ('export', 'export_val'):
            for part in ('cams', 'labels'):
                shutil.rmtree(self.folder / name / part, ignore_errors=True)
