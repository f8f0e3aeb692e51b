"""Rows of kind 'self_trained': a classifier learns from labels of an earlier run's maps.

Their ``extra``:

previous  fields of the Row that is trained first, on the same data and with
          the same random seed; it may itself be self-trained
views     settings that replace those of its export, for the labels
refine    a config of tools/refine.py, which makes labels of its maps

The row's epochs are its own; its record counts those of the previous run too,
with the FLOPs of both trainings and of the export between them.
"""

from dataclasses import replace
from pathlib import Path

from mmengine.config import Config

from ppl_mm.utils.config.reading import read_config
from ppl_mm.utils.files import read_json
from ppl_mm.utils.weights.last_checkpoint import last_checkpoint

from ..record import steps_record
from ..run import Run, digest
from ..steps import Steps
from .cam import CamRun
from .files import write_config

# All training images; none of their masks is read.
_TRAIN = 'train'


class SelfTrainedRun(CamRun):
    """A classifier that learns from labels; arguments as for :class:`CamRun`."""

    def __init__(self, run: Run, work_dir: Path, *args, **kwargs) -> None:
        super().__init__(run, work_dir, *args, **kwargs)
        extra, previous = run.row.extra, run.previous
        kind = SelfTrainedRun if previous.previous else CamRun
        self.previous = kind(previous, work_dir, *args, **kwargs)
        # Runs after the same one share its labels.
        key = digest([previous.training_key, extra['views'], extra['refine']])
        self.labels = Path(work_dir) / 'labels' / key
        self.label_steps = Steps(self.labels, self.steps.show)

    def __call__(self) -> dict:
        """Do what is not done yet; the record has the previous run's steps too."""
        record = super().__call__()
        return record | dict(steps=steps_record(self.before) | record['steps'])

    def train(self) -> dict:
        """Train the previous run, make its labels, train on them."""
        with self.alone(self.previous.run.training_key):
            self.before = dict(previous=self.previous.train(), **self.make_labels())
        return super().train()

    def make_labels(self) -> dict[str, dict]:
        """Export the previous run's maps of all training images, and label them.

        Returns:
            The records of both steps.
        """
        config, refine = self.labels / 'views.py', self.labels / 'refine.py'
        maps = self.labels / 'maps'
        write_config(self._export_config(), config)
        command = ['export_cam.py', config, self.previous.training / 'work', '--out-dir', maps]
        export = self.label_steps.tool('export', *command, '--split', _TRAIN, *self.options('test'))
        write_config(read_config(Path(self.run.row.extra['refine'])), refine)
        command = ['refine.py', refine, maps, '--out-dir', self.labels / 'refined']
        labels = self.label_steps.tool('refine', *command)
        return dict(label_export=export, label_refine=labels)

    def _export_config(self) -> Config:
        """Return the previous run's config, with the views of the export."""
        row = self.previous.run.row
        views = dict(row.test_options, **self.run.row.extra['views'])
        run = replace(self.previous.run, row=replace(row, test_options=views))
        return run.config(for_test=True)

    def training_config(self) -> Config:
        """Return a config that starts from the previous weights and reads the labels."""
        cfg = super().training_config()
        cfg.load_from = str(last_checkpoint(self.previous.training / 'work'))
        labels = (self.labels / 'refined').absolute()
        cfg.train_dataloader.dataset.label_dir = str(labels)
        return cfg

    def cost(self) -> dict | None:
        """Return the FLOPs of both trainings, and of the export between them."""
        own, previous = super().cost(), self.previous.cost()
        if own is None or previous is None:
            return None
        path = self.labels / 'cost.json'
        self.count('cost', self.label_steps, '--export', _TRAIN, self.labels / 'views.py', path)
        labels = read_json(path)['flops']
        return dict(
            own,
            previous=previous['flops'],
            labels=labels,
            flops=own['flops'] + previous['flops'] + labels,
        )
