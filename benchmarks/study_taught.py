"""Runs of kind 'taught': a classifier learns from an earlier one's labels.

Their ``extra``:

teacher   fields of the Row that is trained first, on the same data and with
          the same random seed; it may itself be taught
views     settings that replace the teacher's for the export of the labels
refine    a config of tools/refine.py, which makes labels of its maps

The row's epochs are its own; the result counts those of the teacher as well,
and its FLOPs, and those of the export between.
"""
import sys
from dataclasses import replace
from pathlib import Path

from mmengine.config import Config
from study_cam import TOOLS, CamRun, read_json, steps_record, write_config
from study_plan import Run, digest
from study_steps import ROOT, Steps

from ppl_mm.utils.config import read_config
from ppl_mm.utils.last_checkpoint import last_checkpoint

# All training images: none of their masks is read.
_TRAIN = 'train'


class TaughtRun(CamRun):
    """A classifier that learns from labels; arguments as of CamRun."""

    def __init__(self, run: Run, work_dir: Path, *args, **kwargs) -> None:
        super().__init__(run, work_dir, *args, **kwargs)
        extra, teacher = run.row.extra, run.teacher
        kind = TaughtRun if teacher.teacher else CamRun
        self.teacher = kind(teacher, work_dir, *args, **kwargs)
        # Runs of the same teacher share its labels.
        key = digest([teacher.training_key, extra['views'],
                      extra['refine']])
        self.labels = Path(work_dir) / 'labels' / key
        self.label_steps = Steps(self.labels, self.steps.show)

    def __call__(self) -> dict:
        """Do what is not done yet; the record has the teacher's steps too."""
        record = super().__call__()
        before = steps_record(self.before)
        return record | dict(
            commands=before['commands'] + record['commands'],
            steps=before['steps'] | record['steps'])

    def train(self) -> dict:
        """Train the teacher, make its labels, train on them."""
        with self.alone(self.teacher.run.training_key):
            self.before = dict(teacher=self.teacher.train(),
                               **self.make_labels())
        return super().train()

    def make_labels(self) -> dict[str, dict]:
        """Export the teacher's maps of all training images, and label.

        Returns:
            dict[str, dict]: Records of both steps.
        """
        extra = self.run.row.extra
        config, refine = self.labels / 'views.py', self.labels / 'refine.py'
        write_config(self._export_config(), config)
        export = self.label_steps.run('export', [
            sys.executable, TOOLS / 'export_cam.py', config,
            self.teacher.training / 'work', '--out-dir', self.labels / 'maps',
            '--split', _TRAIN, *self.options('test')])
        write_config(read_config(Path(extra['refine'])), refine)
        labels = self.label_steps.run('refine', [
            sys.executable, TOOLS / 'refine.py', refine, self.labels / 'maps',
            '--out-dir', self.labels / 'refined'])
        return dict(label_export=export, label_refine=labels)

    def _export_config(self) -> Config:
        """The teacher's, with the views of the export."""
        row = self.teacher.run.row
        views = dict(row.test_options, **self.run.row.extra['views'])
        return replace(self.teacher.run, row=replace(
            row, test_options=views)).config(for_test=True)

    def training_config(self) -> Config:
        """From the teacher's weights, on its labels."""
        cfg = super().training_config()
        cfg.load_from = str(
            last_checkpoint(self.teacher.training / 'work'))
        cfg.train_dataloader.dataset.label_dir = str(
            (self.labels / 'refined').absolute())
        return cfg

    def cost(self) -> dict | None:
        """FLOPs of both trainings, and of the export between."""
        own, teacher = super().cost(), self.teacher.cost()
        if own is None or teacher is None:
            return None
        path = self.labels / 'cost.json'
        self.label_steps.run('cost', [
            sys.executable, ROOT / 'benchmarks/study_cost.py', '--export',
            _TRAIN, self.labels / 'views.py', path])
        labels = read_json(path)['flops']
        return dict(own, teacher=teacher['flops'], labels=labels,
                    flops=own['flops'] + teacher['flops'] + labels)
