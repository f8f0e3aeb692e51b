"""Runs of the rest of the path: pseudo-labels, and networks on labels.

A row of kind 'pipeline' goes on from its classifier; one of kind 'full' trains
the same segmentation network on true masks. Their ``extra``:

refine          a config of tools/refine.py ('pipeline')
confident       the same, for what an AffinityNet learns from; optional
affinity        the config of that AffinityNet; optional
segmentation    the config of the network; optional for 'pipeline'
options         settings that replace the network's, by dotted keys; optional
tta             whether the network is tested on several views; optional
"""
import copy
import sys
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

from ppl_mm.pipeline.settings import read_config

# All training images, whichever of them have masks.
_TRAIN = 'train'


class FullRun(CamRun):
    """A segmentation network on true masks; arguments as of CamRun."""

    def __call__(self) -> dict:
        """Do what is not done yet."""
        self.make_data()
        self.done_steps = {}
        data = self.run.data
        record = dict(
            measured=None, settings=dict(self.run.row.extra),
            **self.segment(dict(
                type='ppl_mm.VOCLayoutDataset', data_root=data.root,
                ann_file=self.list_name(_TRAIN),
                data_prefix=dict(seg_map_path='SegmentationClass'))))
        return record | steps_record(self.done_steps)

    def list_name(self, split: str) -> str:
        """The list of a split as seen from the data set's folder."""
        return f'ImageSets/Segmentation/{split}.txt'

    def step(self, name: str, tool: str, *arguments: object,
             resume: tuple[str, ...] = ()) -> dict:
        """Run one of the project's commands."""
        self.done_steps[name] = self.steps.run(
            name, [sys.executable, TOOLS / tool, *arguments], resume)
        return self.done_steps[name]

    def derived(self, name: str, cfg: Config) -> Path:
        """Write a config of this run out."""
        path = self.folder / f'{name}.py'
        write_config(cfg, path)
        return path

    def segment(self, dataset: dict) -> dict:
        """Train the segmentation network, and test it.

        Args:
            dataset (dict): What it is trained on; the transforms are the
                config's.

        Returns:
            dict: ``segmentation`` and ``segmentation_val``: its scores on
            the images with masks and on val.
        """
        extra = self.run.row.extra
        cfg = read_config(Path(extra['segmentation']))
        cfg.merge_from_dict(copy.deepcopy(extra.get('options') or {}))
        loader = cfg.train_dataloader
        loader.dataset = dict(dataset, pipeline=loader.dataset.pipeline)
        for one in (cfg.val_dataloader, cfg.test_dataloader):
            one.dataset.data_root = self.run.data.root
        cfg.merge_from_dict({'randomness.seed': self.run.seed,
                             'default_hooks.checkpoint.max_keep_ckpts': 1})
        config = self.derived('segmentation', cfg)
        work = self.folder / 'train_segmentation'
        self.step('train_segmentation', 'train.py', config, '--work-dir',
                  work, '--no-validate', *self.options('train'),
                  resume=('--resume', ))
        data = self.run.data
        splits = dict(segmentation=data.masked, segmentation_val=data.val)
        return {name: self._test(name, split, config, work)
                for name, split in splits.items() if split}

    def _test(self, name: str, split: str, config: Path, work: Path) -> dict:
        folder = self.folder / name
        report = folder / 'scores.json'
        options = self.options('test')
        options.append('test_dataloader.dataset.ann_file='
                       f'{self.list_name(split)}')
        tta = ['--tta'] if self.run.row.extra.get('tta') else []
        self.step(f'test_{name}', 'test.py', config, work, '--work-dir',
                  folder / 'log', '--report', report, *tta, *options)
        found = read_json(report)
        return scores(found['scores'], split, found['num_images'])


class PipelineRun(FullRun):
    """Refined pseudo-labels of a classifier, and a network on them."""

    def __call__(self) -> dict:
        """Do what is not done yet."""
        self.make_data()
        self.done_steps = dict(train=self.train())
        extra, data = self.run.row.extra, self.run.data
        self.done_steps['export'] = self.export('export', '--split', _TRAIN)
        record = dict(
            settings=self.run.settings() | dict(extra),
            classes=None, measured=self._measure(self._refine()))
        record['classes'] = list(self.classes)
        if extra.get('segmentation'):
            record |= self.segment(dict(
                type='ppl_mm.CAMPseudoLabelDataset', data_root=data.root,
                label_dir=str(self.folder / 'refined'),
                ann_file=self.list_name(_TRAIN)))
        if not self.keep:
            self.forget_maps()
        return record | steps_record(self.done_steps)

    def _refine(self) -> Path:
        """The pseudo-labels of the training images."""
        extra = self.run.row.extra
        cfg = read_config(Path(extra['refine']))
        if extra.get('affinity'):
            config, work = self._train_affinity()
            for step in cfg.refiners:
                if step.type == 'ppl_mm.RandomWalk':
                    step.update(affinity_net=str(config),
                                checkpoint=str(work))
        out = self.folder / 'refined'
        self.step('refine', 'refine.py', self.derived('refine', cfg),
                  self.folder / 'export', '--out-dir', out)
        return out

    def _train_affinity(self) -> tuple[Path, Path]:
        """An AffinityNet on what is sure; its config and work folder."""
        extra, labels = self.run.row.extra, self.folder / 'confident'
        self.step('confident', 'refine.py', extra['confident'],
                  self.folder / 'export', '--out-dir', labels)
        cfg = read_config(Path(extra['affinity']))
        cfg.merge_from_dict({
            'randomness.seed': self.run.seed,
            'train_dataloader.dataset.data_root': self.run.data.root,
            'train_dataloader.dataset.label_dir': str(labels)})
        config, work = self.derived('affinity', cfg), self.folder / 'affinity'
        self.step('train_affinity', 'train.py', config, '--work-dir', work,
                  *self.options('train'), resume=('--resume', ))
        return config, work

    def _measure(self, labels: Path) -> dict:
        data, out = self.run.data, self.folder / 'measured.json'
        self.step('evaluate', 'analysis_tools/eval_labels.py',
                  labels / 'labels', self.masks(), '--split',
                  data.list_path(data.masked), '--classes',
                  Path(data.root, 'classes.txt'), '--out', out)
        report = read_json(out)
        self.classes = report['per_class']
        return scores(report, data.masked, report['num_images'])
