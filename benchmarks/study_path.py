"""Runs of the rest of the path: whole pipelines, and their networks alone.

A row of kind 'pipeline' is the config of a pipeline, run by the command that
a user types. The others are configs of a segmentation network, which learns
from true masks in one of kind 'full', in one of kind 'network' from labels of
a pipeline. The ``extra`` of that:

pipeline  fields of the row of the pipeline; its run with the same random seed
          is shared, and goes on to its labels where it is not there yet
refine    settings of tools/refine.py that label the same maps in place of the
          pipeline's own
"""
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mmengine.config import Config
from study_cam import (
    TOOLS,
    CamRun,
    read_json,
    scores,
    steps_record,
    write_config,
)
from study_plan import Row, Run
from study_steps import Steps

from ppl_mm.utils.config import read_config
from ppl_mm.utils.last_checkpoint import last_checkpoint

# All training images.
_TRAIN = 'train'
# Parts of the record, as the report of a pipeline names them.
_PARTS = dict(
    measured=('pseudo_labels', 'masked'),
    val=('pseudo_labels', 'val'),
    plain_seed=('plain_cam', 'masked'),
    plain_seed_val=('plain_cam', 'val'),
    ppl_seed=('ppl', 'masked'),
    ppl_seed_val=('ppl', 'val'),
    segmentation=('segmentation', 'masked'),
    segmentation_val=('segmentation', 'val'))


class PipelineRun(CamRun):
    """From labels of images to a network; arguments as of CamRun."""

    def __call__(self) -> dict:
        """Do what is not done yet; a pipeline goes on where it was.

        Returns:
            dict: What the results keep: scores of the maps, the
            pseudo-labels and the network, from the pipeline's own report.
        """
        folder = self.folder / 'pipeline'
        if self.steps.done('pipeline'):
            # Its configs may have changed since; it knows what is left.
            self.steps.forget('pipeline')
        done = self.steps.run('pipeline', [
            sys.executable, TOOLS / 'pipeline.py', self.run.row.config,
            '--seed', self.run.seed, '--work-dir', folder])
        report = read_json(folder / 'report.json')
        measured = {(one['method'], one['role']): one
                    for one in report['measurements']}
        return dict(
            settings={key: report[key] for key in (
                'baseline', 'ppl', 'confident_labels', 'affinity',
                'refinement', 'segmentation') if report.get(key)},
            classes=report['classes'],
            **{name: _part(measured[key]) for name, key in _PARTS.items()},
            commands=[done['command']],
            steps=steps_record(dict(pipeline=done))['steps'] | {
                one['step']: dict(seconds=one['seconds'])
                for one in report['steps']})


def _part(measured: Mapping) -> dict:
    """What the results keep of one measurement of a pipeline."""
    return dict(
        scores(measured['scores'], measured['split'], measured['num_images']),
        threshold=measured['threshold'])


class FullRun(CamRun):
    """A segmentation network on true masks; arguments as of CamRun."""

    def __call__(self) -> dict:
        """Do what is not done yet.

        Returns:
            dict: What the results keep: ``segmentation`` and
            ``segmentation_val``, its scores on the images that have masks
            and on val.
        """
        self.make_data()
        steps = self.make_labels()
        config, work = self.folder / 'config.py', self.folder / 'work'
        write_config(self.training_config(), config)
        steps['train'] = self.steps.run(
            'train', [sys.executable, TOOLS / 'train.py', config,
                      '--work-dir', work, '--no-validate',
                      *self.options('train')], resume=('--resume', ))
        data = self.run.data
        splits = dict(segmentation=data.masked, segmentation_val=data.val)
        parts = {name: self._test(name, split, config, work, steps)
                 for name, split in splits.items() if split}
        return dict(measured=None, settings=dict(
            segmentation=self.run.row.config), **parts, **steps_record(steps))

    def make_labels(self) -> dict[str, dict]:
        """Make what the network learns from; masks are there.

        Returns:
            dict[str, dict]: Records of the steps.
        """
        return {}

    def training_config(self) -> Config:
        """The config of the network, with masks in place of labels."""
        run = self.run
        cfg = read_config(Path(run.row.config))
        self.learn_from(cfg)
        for loader in (cfg.val_dataloader, cfg.test_dataloader):
            loader.dataset.data_root = run.data.root
        cfg.merge_from_dict({'randomness.seed': run.seed,
                             'default_hooks.checkpoint.max_keep_ckpts': 1,
                             **run.row.options})
        return cfg

    def learn_from(self, cfg: Config) -> None:
        """Have the config's training read masks."""
        cfg.train_dataloader.dataset = dict(
            type='ppl_mm.VOCLayoutDataset', data_root=self.run.data.root,
            ann_file=_list_name(_TRAIN),
            data_prefix=dict(seg_map_path='SegmentationClass'),
            pipeline=cfg.train_dataloader.dataset.pipeline)

    def _test(self, name: str, split: str, config: Path, work: Path,
              steps: dict) -> dict:
        """Test the network on a split; the record of that goes to steps."""
        folder = self.folder / name
        report = folder / 'scores.json'
        steps[f'test_{name}'] = self.steps.run(f'test_{name}', [
            sys.executable, TOOLS / 'test.py', config, work, '--work-dir',
            folder / 'log', '--report', report, *self.options('test'),
            f'test_dataloader.dataset.ann_file={_list_name(split)}'])
        found = read_json(report)
        return scores(found['scores'], split, found['num_images'])


class NetworkRun(FullRun):
    """A segmentation network on pseudo-labels; arguments as of CamRun."""

    def __init__(self, run: Run, work_dir: Path, *args, **kwargs) -> None:
        super().__init__(run, work_dir, *args, **kwargs)
        row = Row(data=run.row.data, method=run.row.method, kind='pipeline',
                  round=run.row.round, **run.row.extra['pipeline'])
        pipeline = PipelineRun(replace(run, row=row), work_dir)
        self.pipeline = read_config(Path(row.config))
        self.pipeline_config = row.config
        self.source = pipeline.folder / 'pipeline'
        self.source_steps = Steps(pipeline.folder, self.steps.show)
        self.labels = self.source / 'refine'

    def make_labels(self) -> dict[str, dict]:
        """Run the pipeline as far as its labels, or label its maps anew."""
        with self.alone(self.source.parent.name):
            steps = dict(labels=self.source_steps.run('labels', [
                sys.executable, TOOLS / 'pipeline.py', self.pipeline_config,
                '--seed', self.run.seed, '--work-dir', self.source,
                '--until', 'refine']))
        if refine := self.run.row.extra.get('refine'):
            self.labels = self.folder / 'refined'
            config = self.folder / 'refine.py'
            write_config(self._with_affinity_net(Config(refine)), config)
            steps['refine'] = self.steps.run('refine', [
                sys.executable, TOOLS / 'refine.py', config,
                self.source / 'export_ppl', '--out-dir', self.labels])
        return steps

    def _with_affinity_net(self, refine: Config) -> Config:
        """Have a random walk use the network that the pipeline trained."""
        for step in refine.refiners:
            if step.type == 'ppl_mm.RandomWalk':
                step.checkpoint = str(self.source / 'train_affinity')
        return refine

    def learn_from(self, cfg: Config) -> None:
        """Have the config's training read labels, and start as there."""
        dataset = cfg.train_dataloader.dataset
        dataset.data_root = self.run.data.root
        dataset.label_dir = str(self.labels.absolute())
        if self.pipeline.get('start_segmentation_from_ppl'):
            cfg.load_from = str(last_checkpoint(self.source / 'train_ppl'))


def _list_name(split: str) -> str:
    """The list of a split as seen from the data set's folder."""
    return f'ImageSets/Segmentation/{split}.txt'
