"""Runs of kind 'cam': train a classifier, export its maps, measure them."""
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from mmengine.config import Config
from study_plan import Run, write_list
from study_steps import ROOT, StepFailed, Steps

from ppl_mm.pipeline.step import last_checkpoint
from ppl_mm.utils import atomic_write

_TOOLS = ROOT / 'tools'
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
        self._make_data()
        trained_here = self.train_steps.done('train') is None
        train = self.train()
        cost = self.cost()
        images = write_list(self.run, self.work_dir / 'lists')
        export = self._export('export', '--split', images)
        evaluate = self._evaluate(images)
        steps = dict(train=train, export=export, evaluate=evaluate)
        report = _read(self.folder / 'measured.json')
        record = dict(
            settings=self.run.settings(), training_shared=not trained_here,
            cost=cost,
            threshold=report['best_threshold'],
            threshold_from=f'best mIoU on {self._measured_name()}, the same '
            'images, by their masks',
            classes=list(report['scores_at_best']['per_class']),
            measured=_scores(report['scores_at_best'],
                             self._measured_name(), report['num_images']),
            curve=_rounded(report['curve']))
        if self.run.row.round == 'final' and self.run.data.val:
            record['val'] = self._measure_val(record['threshold'], steps)
        record['commands'] = [step['command'] for step in steps.values()]
        record['steps'] = {
            name: {key: value for key, value in step.items()
                   if key not in ('command', 'done')}
            for name, step in steps.items()}
        if not self.keep:
            self._forget_maps()
        return record

    def _make_data(self) -> None:
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
        write_config(self.run.config(), config)
        work = self.training / 'work'
        try:
            record = self.train_steps.run(
                'train',
                [sys.executable, _TOOLS / 'train.py', config, '--work-dir',
                 work, '--no-validate', *self._options('train')],
                resume=('--resume', ))
        except StepFailed as error:
            if error.status > 0:  # a fault of its own, not a kill
                self.train_steps.forget('train')
                shutil.rmtree(work, ignore_errors=True)
            raise
        drop_optimizer(last_checkpoint(work))
        return record

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
        return _read(path)

    def _options(self, loader: str) -> list[str]:
        return ['--cfg-options',
                f'{loader}_dataloader.num_workers={self.workers}',
                *(['train_dataloader.persistent_workers=False']
                  if loader == 'train' and not self.workers else [])]

    def _export(self, name: str, *which: str | Path) -> dict:
        config = self.folder / 'config.py'
        write_config(self.run.config(for_test=True), config)
        return self.steps.run(name, [
            sys.executable, _TOOLS / 'export_cam.py', config,
            self.training / 'work', '--out-dir', self.folder / name,
            *which, *self._options('test')])

    def _evaluate(self, images: Path) -> dict:
        return self.steps.run('evaluate', [
            sys.executable, _TOOLS / 'analysis_tools/eval_cam.py',
            self.folder / 'export', self._masks(), '--split', images,
            '--thresholds', *map(str, _THRESHOLDS),
            '--out', self.folder / 'measured'])

    def _measure_val(self, threshold: float, steps: dict) -> dict:
        """Val once, at the threshold that it had no part in."""
        data = self.run.data
        steps['export_val'] = self._export(
            'export_val', '--split', data.val, '--threshold', str(threshold))
        steps['evaluate_val'] = self.steps.run('evaluate_val', [
            sys.executable, _TOOLS / 'analysis_tools/eval_labels.py',
            self.folder / 'export_val/labels', self._masks(), '--split',
            data.list_path(data.val), '--classes',
            Path(data.root, 'classes.txt'), '--out',
            self.folder / 'measured_val.json'])
        report = _read(self.folder / 'measured_val.json')
        return dict(_scores(report, data.val, report['num_images']),
                    threshold=threshold)

    def _masks(self) -> Path:
        return Path(self.run.data.root, 'SegmentationClass')

    def _measured_name(self) -> str:
        part = self.run.measured
        name = self.run.data.masked
        return name if part == 'all' else f'{name}, {part} lines'

    def _forget_maps(self) -> None:
        for folder in self.folder.glob('export*'):
            for part in ('cams', 'labels'):
                shutil.rmtree(folder / part, ignore_errors=True)


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


def _scores(report: dict, split: str, images: int) -> dict:
    return dict(split=split, images=images,
                **{key: report[key] for key in _SCORES})


def _rounded(curve: dict) -> dict:
    return {name: [None if value is None else round(value, 4)
                   for value in values] for name, values in curve.items()}


def _read(path: Path) -> dict:
    return json.loads(path.read_text())
