"""Runs of kind 'cam': train a classifier, export its maps, measure them."""
import fcntl
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from mmengine.config import Config
from study_plan import Run, write_list
from study_steps import ROOT, StepFailed, Steps

from ppl_mm.utils import atomic_write
from ppl_mm.utils.last_checkpoint import last_checkpoint

TOOLS = ROOT / 'tools'
# Finer than the default: maps of patches alone peak at a few hundredths.
_THRESHOLDS = (0.005, 0.995, 0.005)
_SCORES = ('mIoU', 'precision', 'recall', 'over_activation',
           'under_activation', 'confusion_matrix')


class CamRun:
    """The commands of one run, in order.

    The training is in a folder of its own, which runs with the same training
    share; whoever comes first trains.

    Args:
        run (Run): What to do.
        work_dir (Path): Of the study.
        workers (int): Processes that load data, for each command.
        keep (bool): Keep the exported maps of a finished run.
        show (Callable): As of :class:`Steps`.
    """

    def __init__(self, run: Run, work_dir: Path, workers: int = 1,
                 keep: bool = False,
                 show: Callable = lambda *_: None) -> None:
        self.run, self.keep, self.workers = run, keep, workers
        self.work_dir = Path(work_dir)
        self.training = self.work_dir / 'train' / run.training_key
        self.folder = (self.work_dir / 'runs' / run.id.replace('/', '_') /
                       run.settings_key)
        self.train_steps = Steps(self.training, show)
        self.steps = Steps(self.folder, show)

    def __call__(self) -> dict:
        """Do what is not done yet.

        Returns:
            dict: What the results keep of it.

        Raises:
            StepFailed: If a command fails.
        """
        self.make_data()
        trained_here = self.train_steps.done('train') is None
        train = self.train()
        cost = self.cost()
        images = write_list(self.run, self.work_dir / 'lists')
        export = self.export('export', '--split', images)
        evaluate = self._evaluate(images)
        steps = dict(train=train, export=export, evaluate=evaluate)
        report = read_json(self.folder / 'measured.json')
        record = dict(
            settings=self.run.settings(), training_shared=not trained_here,
            cost=cost,
            threshold=report['best_threshold'],
            threshold_from=f'best mIoU on {self._measured_name()}, the same '
            'images, by their masks',
            classes=list(report['scores_at_best']['per_class']),
            measured=scores(report['scores_at_best'],
                             self._measured_name(), report['num_images']),
            curve=_rounded(report['curve']))
        if self.run.row.round == 'final' and self.run.data.val:
            record['val'] = self._measure_val(record['threshold'], steps)
        if not self.keep:
            self.forget_maps()
        return record | steps_record(steps)

    def make_data(self) -> None:
        """Make the data, where the project has it made and it is not there."""
        data = self.run.data
        if data.make and not data.list_path(data.masked).is_file():
            Steps(self.work_dir / 'data', self.steps.show).run(
                self.run.row.data,
                [sys.executable, ROOT / data.make[0], '--out', data.root,
                 *data.make[1:]])

    def train(self) -> dict:
        """Train, unless that is done."""
        done = self.train_steps.done('train')
        if done and last_checkpoint(self.training / 'work'):
            return done
        config = self.training / 'config.py'
        write_config(self.training_config(), config)
        work = self.training / 'work'
        try:
            record = self.train_steps.run(
                'train',
                [sys.executable, TOOLS / 'train.py', config, '--work-dir',
                 work, '--no-validate', *self.options('train')],
                resume=('--resume', ))
        except StepFailed as error:
            if error.status > 0:  # a fault of its own, not a kill
                self.train_steps.forget('train')
                shutil.rmtree(work, ignore_errors=True)
            raise
        drop_optimizer(last_checkpoint(work))
        return record

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """Wait for whoever makes what several runs start from, or do it.

        Args:
            key (str): The same for all of them.
        """
        locks = self.work_dir / 'locks'
        locks.mkdir(parents=True, exist_ok=True)
        with open(locks / key, 'wb') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def training_config(self) -> Config:
        """The config of the training."""
        return self.run.config()

    def cost(self) -> dict | None:
        """FLOPs of the training; None where they cannot be counted."""
        path = self.training / 'cost.json'
        try:
            self.train_steps.run('cost', [
                sys.executable, ROOT / 'benchmarks/study_cost.py',
                self.training / 'config.py', path])
        except StepFailed as error:
            print(f'{self.run.id}: FLOPs are not counted: {error}')
            return None
        return read_json(path)

    def options(self, loader: str) -> list[str]:
        """Arguments about what loads the data of 'train' or 'test'."""
        return ['--cfg-options',
                f'{loader}_dataloader.num_workers={self.workers}',
                *(['train_dataloader.persistent_workers=False']
                  if loader == 'train' and not self.workers else [])]

    def export(self, name: str, *which: str | Path) -> dict:
        """Export the maps of a split into the folder of that name."""
        config = self.folder / 'config.py'
        write_config(self.run.config(for_test=True), config)
        return self.steps.run(name, [
            sys.executable, TOOLS / 'export_cam.py', config,
            self.training / 'work', '--out-dir', self.folder / name,
            *which, *self.options('test')])

    def _evaluate(self, images: Path) -> dict:
        return self.steps.run('evaluate', [
            sys.executable, TOOLS / 'analysis_tools/eval_cam.py',
            self.folder / 'export', self.masks(), '--split', images,
            '--thresholds', *map(str, _THRESHOLDS),
            '--out', self.folder / 'measured'])

    def _measure_val(self, threshold: float, steps: dict) -> dict:
        """Val once, at the threshold that it had no part in."""
        data = self.run.data
        steps['export_val'] = self.export(
            'export_val', '--split', data.val, '--threshold', str(threshold))
        steps['evaluate_val'] = self.steps.run('evaluate_val', [
            sys.executable, TOOLS / 'analysis_tools/eval_labels.py',
            self.folder / 'export_val/labels', self.masks(), '--split',
            data.list_path(data.val), '--classes',
            Path(data.root, 'classes.txt'), '--out',
            self.folder / 'measured_val.json'])
        report = read_json(self.folder / 'measured_val.json')
        return dict(scores(report, data.val, report['num_images']),
                    threshold=threshold)

    def masks(self) -> Path:
        """The folder of the masks."""
        return Path(self.run.data.root, 'SegmentationClass')

    def _measured_name(self) -> str:
        part = self.run.measured
        name = self.run.data.masked
        return name if part == 'all' else f'{name}, {part} lines'

    def forget_maps(self) -> None:
        """Delete what was exported and measured."""
        for name in ('export', 'export_val', 'confident', 'refined'):
            for part in ('cams', 'labels'):
                shutil.rmtree(self.folder / name / part, ignore_errors=True)


def write_config(cfg: Config, path: Path) -> None:
    """Write a config out in full, as far as it has changed."""
    text = ''.join(f'{key} = {value!r}\n'
                   for key, value in cfg.to_dict().items())
    if path.is_file() and path.read_text() == text:
        return
    with atomic_write(path) as file:
        file.write(text.encode())


def drop_optimizer(path: Path) -> None:
    """Leave the weights of a finished training: a third of the file."""
    checkpoint = torch.load(path, map_location='cpu', weights_only=True)
    if checkpoint.pop('optimizer', None) is not None:
        with atomic_write(path) as file:
            torch.save(checkpoint, file)


def steps_record(steps: dict[str, dict]) -> dict:
    """What the results keep of the steps, by name."""
    return dict(
        commands=[step['command'] for step in steps.values()],
        steps={name: {key: value for key, value in step.items()
                      if key not in ('command', 'done')}
               for name, step in steps.items()})


def scores(report: dict, split: str, images: int) -> dict:
    """What the results keep of a report on a split."""
    return dict(split=split, images=images,
                **{key: report[key] for key in _SCORES})


def _rounded(curve: dict) -> dict:
    return {name: [None if value is None else round(value, 4)
                   for value in values] for name, values in curve.items()}


def read_json(path: Path) -> dict:
    """What a JSON file holds."""
    return json.loads(path.read_text())
