"""From the settings of a pipeline to its steps, in order."""

import sys
from collections.abc import Iterable
from pathlib import Path

from mmengine.config import Config

from ..errors import UserError
from ..utils.config import read_config
from .settings import PipelineSettings
from .step import Step

# How long steps take beside each other, where the config says nothing.
_SECONDS = dict(
    make_data=10.0,
    train=100.0,
    export=25.0,
    refine=30.0,
    measure=5.0,
    test=15.0,
    report=10.0,
    label=30.0,
)
_METHODS = dict(cam='plain CAM', ppl='PPL', seg='the segmentation network')


def make_plan(settings: PipelineSettings, work_dir: Path, tools: Path) -> list[Step]:
    """The steps of a pipeline.

    Args:
        settings (PipelineSettings): Settings of the pipeline.
        work_dir (Path): Where everything is written.
        tools (Path): The folder of the project's commands.

    Returns:
        list[Step]: Each after those that it needs.

    Raises:
        UserError: If a config that is needed cannot be read, or trains on
            another split than the pipeline says.
    """
    return _Planner(settings, work_dir, tools).steps()


class _Planner:
    """Writes the commands."""

    def __init__(self, settings: PipelineSettings, work_dir: Path, tools: Path) -> None:
        self.settings, self.dir, self.tools = settings, work_dir, tools
        self.first = ('make_data',) if settings.make_data else ()
        # The step whose folder has the pseudo-labels.
        self.labels = 'refine' if settings.refinement else 'export_ppl'

    def steps(self) -> list[Step]:
        self._check_confident()
        steps = [self._make_data()] if self.first else []
        steps += [
            *self._train_classifiers('cam', [self.settings.baseline]),
            *self._measure_maps('cam', self.settings.baseline),
        ]
        steps += [
            *self._train_classifiers('ppl', self.settings.ppl),
            *self._measure_maps('ppl', self.settings.ppl[-1]),
        ]
        steps += self._refinement()
        steps += [*self._train_segmentation(), self._test_seg('masked'), self._test_seg('val')]
        steps.append(
            self._step(
                'report',
                'write the report',
                [sys.executable, '-m', 'ppl_mm.pipeline.report', self.dir],
                needs=(
                    'measure_cam',
                    'measure_ppl',
                    *(['measure_refined'] if self.settings.refinement else []),
                    'test_seg',
                    'test_seg_val',
                ),
                outputs=(self.dir / 'report.json', self.dir / 'report.html'),
            )
        )
        return steps

    def _check_confident(self) -> None:
        """Labels of what is sure are for an AffinityNet, or for a stage."""
        own = self.settings
        taught = sum(map(_is_taught, own.ppl[1:]))
        given = len(own.confident_labels)
        if given > 1 and given != taught:
            raise UserError(
                f'{own.path}: confident_labels names {given} configs, and '
                f'{taught} stages of ppl learn from labels; name one for each '
                'of them, or one for all'
            )
        used = taught or (own.affinity and own.affinity_labels in own.confident_labels)
        if given and not used:
            raise UserError(
                f'{own.path}: nothing uses confident_labels; give '
                'refinement and affinity too, or a stage of ppl '
                'that learns from labels (label_dir)'
            )

    def _make_data(self) -> Step:
        options = dict(self.settings.make_data)
        tool = self.tools / options.pop('tool')
        flags = [
            text for key, value in options.items() for text in (f'--{key.replace("_", "-")}', value)
        ]
        return self._step(
            'make_data',
            'make the data',
            [sys.executable, tool, '--out', self.settings.data_root, *flags],
            outputs=tuple(map(self.settings.list_path, ('train', 'val'))),
        )

    def _train_classifiers(self, method: str, configs: Iterable[Path]) -> list[Step]:
        """One training for each config, from the weights of the last one.

        Where a config learns from labels, those of the last one's maps.
        """
        steps, trained, configs = [], None, list(configs)
        confident = list(self.settings.confident_labels)
        for number, config in enumerate(configs, 1):
            name, title = _numbered(
                f'train_{method}', f'train {_METHODS[method]}', number, len(configs)
            )
            options = dict(load_from=trained.folder) if trained else {}
            needs = (trained.name,) if trained else self.first
            label_dir = None
            if trained and _is_taught(config):
                labels = self._teach(trained, configs[number - 2], confident[:1])
                confident = confident[1:] or confident
                steps += labels
                needs = (trained.name, labels[-1].name)
                label_dir = labels[-1].folder
            trained = self._train(name, title, config, needs, 'split', options, label_dir=label_dir)
            steps.append(trained)
        return steps

    def _teach(self, trained: Step, config: Path, confident: list[Path]) -> list[Step]:
        """Label what is sure in the maps of a stage, for the next one."""
        if not confident:
            raise UserError(
                f'{self.settings.path}: the stage after {config.name} learns '
                'from labels (label_dir), so confident_labels must name a '
                'config of tools/refine.py that makes them'
            )
        return self._label_maps(
            trained, f'of stage {trained.name[-1]} on train', config, confident[0]
        )

    def _label_maps(self, trained: Step, where: str, config: Path, labels: Path) -> list[Step]:
        """Export what a network sees in the training images, and label it."""
        name = trained.name.removeprefix('train_')  # e.g. ppl_1
        export = self._export(
            f'export_{name}',
            where,
            name.split('_')[0],
            config,
            trained.name,
            ['--split', self.settings.splits['train']],
        )
        return [
            export,
            self._refine(f'label_{name}', f'label the maps {where}', labels, export.name),
        ]

    def _train_segmentation(self) -> list[Step]:
        """One training for each round, from the weights of the last one.

        The first learns from the pseudo-labels, each other one from labels of
        what the network before it sees of the images' classes.
        """
        own, steps, labels = self.settings, [], self.labels
        start = self.dir / 'train_ppl' if own.start_segmentation_from_ppl else None
        for number, config in enumerate(own.segmentation, 1):
            steps.append(self._train_seg(number, config, labels, start))
            if number < len(own.segmentation):
                start = steps[-1].folder
                steps += self._label_maps(
                    steps[-1],
                    f'of round {number} on train',
                    own.segmentation_maps,
                    own.segmentation_labels,
                )
                labels = steps[-1].name
        return steps

    def _train_seg(self, number: int, config: Path, labels: str, start: Path | None) -> Step:
        """A round of segmentation."""
        name, title = _numbered(
            'train_seg', f'train {_METHODS["seg"]}', number, len(self.settings.segmentation)
        )
        options = dict(load_from=start) if start else {}
        needs = (labels,) if number == 1 else (start.name, labels)
        # Validation would cost time, and no mask chooses anything.
        return self._train(
            name,
            title,
            config,
            needs,
            'ann_file',
            options,
            '--no-validate',
            label_dir=self.dir / labels,
        )

    def _train(
        self,
        name: str,
        title: str,
        config: Path,
        needs: tuple[str, ...],
        split_key: str,
        options: dict,
        *flags: str,
        label_dir: Path | None = None,
    ) -> Step:
        folder = self.dir / name
        cfg = read_config(config)
        self._check_split(cfg, config, split_key)
        if label_dir:
            options = {_key(cfg, 'train', 'label_dir'): label_dir, **options}
        return self._step(
            name,
            title,
            [
                sys.executable,
                self.tools / 'train.py',
                config,
                '--work-dir',
                folder,
                *flags,
                *_cfg_options(
                    {'randomness.seed': self.settings.seed},
                    options,
                    self._data_options(cfg, 'train', 'val', 'test'),
                ),
            ],
            needs=needs,
            outputs=(folder,),
            folder=folder,
            configs=(config,),
            resume=('--resume',),
        )

    def _check_split(self, cfg: Config, config: Path, key: str) -> None:
        """A config that trains on other images than are exported is odd."""
        key = _key(cfg, 'train', key)
        found, wanted = _get(cfg, key), self.settings.splits['train']
        if found and Path(str(found)).name.removesuffix('.txt') != wanted:
            raise UserError(
                f'{config}: {key}={found!r}, but {self.settings.path} has '
                f"splits.train='{wanted}'; make them agree"
            )

    def _data_options(self, cfg: Config, *loaders: str) -> dict:
        """Have the data sets of a config read the pipeline's data."""
        keys = [_key(cfg, name, 'data_root') for name in loaders]
        own = str(self.settings.data_root)
        return {key: own for key in keys if _get(cfg, key) not in (None, own)}

    def _measure_maps(self, method: str, config: Path) -> list[Step]:
        """Export the maps of a classifier on both splits, and measure."""
        train, val = f'export_{method}', f'export_{method}_val'
        splits = self.settings.splits
        trained = f'train_{method}'
        steps = [
            self._export(
                train,
                'on train',
                method,
                config,
                trained,
                ['--split', splits['train'], '--threshold-split', splits['threshold']],
            ),
            self._export(
                val,
                'on val',
                method,
                config,
                trained,
                ['--split', splits['val'], '--threshold', self.dir / train / 'export.json'],
                (train,),
            ),
        ]
        return [*steps, self._measure(method, f'the maps of {_METHODS[method]}', train, val)]

    def _measure(self, method: str, what: str, train: str, val: str) -> Step:
        """Compare what two steps made, of train and of val, with masks."""
        name, splits = f'measure_{method}', self.settings.splits
        out = self.dir / f'{name}.json'
        return self._step(
            name,
            f'measure {what}',
            [
                sys.executable,
                '-m',
                'ppl_mm.pipeline.measure',
                '--data-root',
                self.settings.data_root,
                '--out',
                out,
                '--split',
                'masked',
                splits['masked'],
                self.dir / train,
                '--split',
                'val',
                splits['val'],
                self.dir / val,
            ],
            needs=(train, val),
            outputs=(out,),
        )

    def _export(
        self,
        name: str,
        where: str,
        method: str,
        config: Path,
        trained: str,
        options: list,
        needs: tuple[str, ...] = (),
    ) -> Step:
        folder = self.dir / name
        return self._step(
            name,
            f'export the maps of {_METHODS[method]} {where}',
            [
                sys.executable,
                self.tools / 'export_cam.py',
                config,
                self.dir / trained,
                '--out-dir',
                folder,
                *options,
                *_cfg_options(self._data_options(read_config(config), 'test')),
            ],
            needs=(trained, *needs),
            outputs=(folder / 'export.json',),
            folder=folder,
            configs=(config,),
        )

    def _refinement(self) -> list[Step]:
        """From the maps of PPL to pseudo-labels that follow the image."""
        if not self.settings.refinement:
            return []
        affinity = self._affinity() if self.settings.affinity else []
        config, needs = self.settings.refinement, tuple(step.name for step in affinity[-1:])
        options = self._walk_options(read_config(config))
        steps = [
            self._refine(name, f'refine the maps on {where}', config, source, needs, options)
            for name, where, source in (
                ('refine', 'train', 'export_ppl'),
                ('refine_val', 'val', 'export_ppl_val'),
            )
        ]
        return [
            *affinity,
            *steps,
            self._measure('refined', 'the refined labels', 'refine', 'refine_val'),
        ]

    def _affinity(self) -> list[Step]:
        labels = self._refine(
            'refine_confident', 'label what is sure', self.settings.affinity_labels, 'export_ppl'
        )
        return [
            labels,
            self._train(
                'train_affinity',
                'train the AffinityNet',
                self.settings.affinity,
                (labels.name,),
                'ann_file',
                {},
                label_dir=labels.folder,
            ),
        ]

    def _walk_options(self, cfg: Config) -> dict:
        """Have random walks use the AffinityNet that was trained here."""
        options = {}
        for index, step in enumerate(cfg.get('refiners', [])):
            if self.settings.affinity and step.type == 'ppl_mm.RandomWalk':
                options[f'refiners.{index}.affinity_net'] = self.settings.affinity
                options[f'refiners.{index}.checkpoint'] = self.dir / 'train_affinity'
        return options

    def _refine(
        self,
        name: str,
        title: str,
        config: Path,
        source: str,
        needs: tuple[str, ...] = (),
        options: dict | None = None,
    ) -> Step:
        folder = self.dir / name
        named = [value for value in (options or {}).values() if value == self.settings.affinity]
        return self._step(
            name,
            title,
            [
                sys.executable,
                self.tools / 'refine.py',
                config,
                self.dir / source,
                '--out-dir',
                folder,
                *_cfg_options(options or {}),
            ],
            needs=(source, *needs),
            outputs=(folder / 'export.json',),
            folder=folder,
            configs=(config, *named),
        )

    def _test_seg(self, split: str) -> Step:
        name = 'test_seg' if split == 'masked' else f'test_seg_{split}'
        folder, config = self.dir / name, self.settings.segmentation[-1]
        ann_file = self.settings.list_path(split).relative_to(self.settings.data_root)
        options = {'test_dataloader.dataset.ann_file': ann_file}
        scores = folder / 'scores.json'
        tta = ['--tta'] if self.settings.segmentation_tta else []
        where = 'the training images' if split == 'masked' else split
        return self._step(
            name,
            f'test the segmentation network on {where}',
            [
                sys.executable,
                self.tools / 'test.py',
                config,
                self.dir / 'train_seg',
                '--work-dir',
                folder / 'log',
                '--out',
                folder / 'predictions',
                '--report',
                scores,
                *tta,
                *_cfg_options(options, self._data_options(read_config(config), 'test')),
            ],
            needs=('train_seg',),
            outputs=(scores,),
            folder=folder,
            configs=(config,),
        )

    def _step(self, name: str, title: str, command: list, **others) -> Step:
        kind = name if name in _SECONDS else name.split('_')[0]
        seconds = self.settings.expected_seconds.get(name, _SECONDS[kind])
        return Step(
            name=name,
            title=title,
            seconds=seconds,
            command=[str(part) for part in command],
            **others,
        )


def _numbered(name: str, title: str, number: int, count: int) -> tuple[str, str]:
    """Name and title of one training of several; the last has the name."""
    if count == 1:
        return name, title
    return (name if number == count else f'{name}_{number}', f'{title}, {number} of {count}')


def _is_taught(config: Path) -> bool:
    """Whether a classifier learns from the labels of the stage before."""
    cfg = read_config(config)
    return bool(_get(cfg, _key(cfg, 'train', 'label_dir')))


def _key(cfg: Config, loader: str, name: str) -> str:
    """A setting of a data set, within wrappers such as RepeatDataset."""
    key = f'{loader}_dataloader.dataset'
    while _get(cfg, f'{key}.dataset'):
        key += '.dataset'
    return f'{key}.{name}'


def _cfg_options(*options: dict) -> list[str]:
    """Arguments that change settings of a config."""
    pairs = [f'{key}={value}' for one in options for key, value in one.items()]
    return ['--cfg-options', *pairs] if pairs else []


def _get(cfg: Config, dotted: str) -> object:
    node = cfg
    for key in dotted.split('.'):
        node = (node or {}).get(key)
    return node
