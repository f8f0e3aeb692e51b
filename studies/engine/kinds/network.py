"""Rows of a segmentation network alone, whose config is that of the network.

One of kind 'full' learns from ground truth. One of kind 'network' learns from
labels of a pipeline; its ``extra``:

pipeline  fields of the row of the pipeline; its run with the same random seed
          is shared, and continues to its labels where they are missing
refine    settings of tools/refine.py that label the same maps instead of the
          pipeline's own
"""

from dataclasses import replace
from pathlib import Path

from mmengine.config import Config

from ppl_mm.formats.voc_layout import VOCLayout
from ppl_mm.utils.config.reading import read_config
from ppl_mm.utils.files import read_json
from ppl_mm.utils.weights.last_checkpoint import last_checkpoint

from ..record import scores, steps_record
from ..row import Row
from ..run import Run
from ..steps import Steps
from .cam import CamRun
from .files import write_config
from .pipeline import PipelineRun

# All training images.
_TRAIN = 'train'


class MasksRun(CamRun):
    """A segmentation network on ground truth; arguments as for :class:`CamRun`."""

    def __call__(self) -> dict:
        """Do what is not done yet.

        Returns:
            What the results keep: ``segmentation`` and ``segmentation_val``,
            scores on the images that have ground truth and on val.
        """
        self.make_data()
        steps = self.make_labels()
        config, work = self.folder / 'config.py', self.folder / 'work'
        write_config(self.training_config(), config)
        steps['train'] = self.steps.train(config, work, self.options('train'))
        splits = dict(segmentation=self.run.data.masked, segmentation_val=self.run.data.val)
        parts = {
            name: self._test(name, split, config, work, steps)
            for name, split in splits.items()
            if split
        }
        return dict(
            measured=None,
            settings=dict(segmentation=self.run.row.config),
            **parts,
            steps=steps_record(steps),
        )

    def make_labels(self) -> dict[str, dict]:
        """Make what the network learns from, here nothing; return the steps' records."""
        return {}

    def training_config(self) -> Config:
        """Return the config of the network, with its own training data."""
        run = self.run
        cfg = read_config(Path(run.row.config))
        self.learn_from(cfg)
        for loader in (cfg.val_dataloader, cfg.test_dataloader):
            loader.dataset.data_root = run.data.root
        cfg.merge_from_dict(
            {
                'randomness.seed': run.seed,
                'default_hooks.checkpoint.max_keep_ckpts': 1,
                **run.row.options,
            }
        )
        return cfg

    def learn_from(self, cfg: Config) -> None:
        """Have the config's training read ground truth."""
        cfg.train_dataloader.dataset = dict(
            type='ppl_mm.VOCLayoutDataset',
            data_root=self.run.data.root,
            ann_file=_list_name(_TRAIN),
            data_prefix=dict(seg_map_path=VOCLayout.MASKS),
            pipeline=cfg.train_dataloader.dataset.pipeline,
        )

    def _test(self, name: str, split: str, config: Path, work: Path, steps: dict) -> dict:
        """Test the network on a split; add the step's record to ``steps``."""
        folder = self.folder / name
        report = folder / 'scores.json'
        command = ['test.py', config, work, '--work-dir', folder / 'log', '--report', report]
        options = [*self.options('test'), f'test_dataloader.dataset.ann_file={_list_name(split)}']
        steps[f'test_{name}'] = self.steps.tool(f'test_{name}', *command, *options)
        found = read_json(report)
        return scores(found['scores'], split, found['num_images'])


class NetworkRun(MasksRun):
    """A segmentation network on pseudo-labels; arguments as for :class:`CamRun`."""

    def __init__(self, run: Run, work_dir: Path, *args, **kwargs) -> None:
        super().__init__(run, work_dir, *args, **kwargs)
        row = Row(
            data=run.row.data,
            method=run.row.method,
            kind='pipeline',
            round=run.row.round,
            **run.row.extra['pipeline'],
        )
        pipeline = PipelineRun(replace(run, row=row), work_dir)
        self.pipeline = read_config(Path(row.config))
        self.pipeline_config = row.config
        self.source = pipeline.folder / 'pipeline'
        self.source_steps = Steps(pipeline.folder, self.steps.show)
        self.labels = self.source / 'refine'
        #: The method that makes the pseudo-labels.
        self.method = self.pipeline.methods[-1].key

    def make_labels(self) -> dict[str, dict]:
        """Run the pipeline as far as its labels, or label its maps anew."""
        command = ['pipeline.py', self.pipeline_config, '--seed', str(self.run.seed)]
        with self.alone(self.source.parent.name):
            steps = dict(
                labels=self.source_steps.tool(
                    'labels', *command, '--work-dir', self.source, '--until', 'refine'
                )
            )
        if refine := self.run.row.extra.get('refine'):
            self.labels = self.folder / 'refined'
            config = self.folder / 'refine.py'
            write_config(self._with_affinity_net(Config(refine)), config)
            maps = self.source / f'export_{self.method}'
            steps['refine'] = self.steps.tool(
                'refine', 'refine.py', config, maps, '--out-dir', self.labels
            )
        return steps

    def _with_affinity_net(self, refine: Config) -> Config:
        """Have a random walk use the network that the pipeline trained."""
        for step in refine.refiners:
            if step.type == 'ppl_mm.RandomWalk':
                step.checkpoint = str(self.source / 'train_affinity')
        return refine

    def learn_from(self, cfg: Config) -> None:
        """Have the config's training read labels, and start as the pipeline's does."""
        dataset = cfg.train_dataloader.dataset
        dataset.data_root = self.run.data.root
        dataset.label_dir = str(self.labels.absolute())
        if self.pipeline.get('start_segmentation_from_classifier'):
            cfg.load_from = str(last_checkpoint(self.source / f'train_{self.method}'))


def _list_name(split: str) -> str:
    """Return the list of a split as seen from the data set's folder."""
    return f'{VOCLayout.SPLITS}/{split}.txt'
