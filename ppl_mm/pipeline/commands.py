"""The steps of a pipeline, a function for each kind: what it runs and what it needs."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from ..utils.config import read_config
from .config_keys import data_options, dataset_key, learns_from_labels
from .settings import Method, PipelineSettings
from .step import AFFINITY, SEGMENTATION, Step

# How long steps take beside each other, where the config says nothing.
_SECONDS = dict(
    make_data=10.0,
    train=100.0,
    export=25.0,
    label=30.0,
    refine=30.0,
    measure=5.0,
    test=15.0,
    report=10.0,
)


@dataclass(frozen=True)
class Maker:
    """Makes the steps of one pipeline.

    Args:
        settings: The pipeline's.
        dir: Where everything is written.
        tools: The folder of the project's commands.
    """

    settings: PipelineSettings
    dir: Path
    tools: Path

    def step(self, kind: str, name: str, title: str, command: Sequence, **others) -> Step:
        """Return a step, with its guess at the time."""
        seconds = self.settings.expected_seconds.get(name, _SECONDS[kind])
        command = [sys.executable, *map(str, command)]
        return Step(name=name, title=title, command=command, kind=kind, seconds=seconds, **others)


def make_data(make: Maker) -> list[Step]:
    """Return the step that makes the data, if the pipeline has one."""
    if not make.settings.make_data:
        return []
    options = dict(make.settings.make_data)
    command = [make.tools / options.pop('tool'), '--out', make.settings.data_root]
    for key, value in options.items():
        command += [f'--{key.replace("_", "-")}', value]
    outputs = tuple(map(make.settings.list_path, ('train', 'val')))
    return [make.step('make_data', 'make_data', 'make the data', command, outputs=outputs)]


def train(
    make: Maker,
    name: str,
    title: str,
    config: Path,
    method: str,
    needs: Sequence[str] = (),
    start: Path | None = None,
    label_dir: Path | None = None,
    flags: Sequence[str] = (),
) -> Step:
    """Return a training.

    Args:
        make: Makes steps.
        name: The step's name.
        title: What it does, for people.
        config: The training's config.
        method: Whose training it is.
        needs: Names of steps.
        start: A work folder with the weights to start from.
        label_dir: Pseudo-labels to learn from.
        flags: More arguments of the command.
    """
    cfg, folder = read_config(config), make.dir / name
    options: dict = {'randomness.seed': make.settings.seed}
    if label_dir:
        options[dataset_key(cfg, 'train', 'label_dir')] = label_dir
    if start:
        options['load_from'] = start
    options |= data_options(cfg, str(make.settings.data_root), ('train', 'val', 'test'))
    command = [make.tools / 'train.py', config, '--work-dir', folder, *flags]
    return make.step(
        'train',
        name,
        title,
        [*command, *_cfg_options(options)],
        method=method,
        needs=tuple(needs),
        outputs=(folder,),
        folder=folder,
        configs=(config,),
        resume=('--resume',),
    )


def export(
    make: Maker,
    name: str,
    title: str,
    config: Path,
    trained: Step,
    arguments: Sequence,
    needs: Sequence[str] = (),
    role: str = '',
) -> Step:
    """Return an export of the maps of a network.

    Args:
        make: Makes steps.
        name: The step's name.
        title: What it does, for people.
        config: The network's config for exports.
        trained: The training of the network.
        arguments: Split and threshold, arguments of the command.
        needs: Names of steps beside the training.
        role: The part of the data of which the report shows it.
    """
    folder = make.dir / name
    options = data_options(read_config(config), str(make.settings.data_root), ('test',))
    command = [make.tools / 'export_cam.py', config, trained.folder, '--out-dir', folder]
    return make.step(
        'export',
        name,
        title,
        [*command, *arguments, *_cfg_options(options)],
        method=trained.method,
        role=role,
        needs=(trained.name, *needs),
        outputs=(folder / 'export.json',),
        folder=folder,
        configs=(config,),
    )


def refine(
    make: Maker,
    kind: str,
    name: str,
    title: str,
    config: Path,
    source: Step,
    affinity: Step | None = None,
    role: str = '',
) -> Step:
    """Return a refinement of exported maps, or the labels of a round in between.

    Args:
        make: Makes steps.
        kind: 'refine' or 'label'.
        name: The step's name.
        title: What it does, for people.
        config: A config of ``tools/refine.py``.
        source: The export.
        affinity: The training of the AffinityNet that random walks use.
        role: The part of the data of which the report shows it.
    """
    folder = make.dir / name
    options = _walk_options(read_config(config), affinity) if affinity else {}
    return make.step(
        kind,
        name,
        title,
        [
            make.tools / 'refine.py',
            config,
            source.folder,
            '--out-dir',
            folder,
            *_cfg_options(options),
        ],
        role=role,
        needs=(source.name, *([affinity.name] if affinity else [])),
        outputs=(folder / 'export.json',),
        folder=folder,
        configs=(config, *(affinity.configs if affinity and options else ())),
    )


def measure(make: Maker, name: str, title: str, method: str, on_train: Step, on_val: Step) -> Step:
    """Return a comparison of what two steps made, of train and of val, with masks."""
    splits, out = make.settings.splits, make.dir / f'{name}.json'
    command: list = ['-m', 'ppl_mm.pipeline.measure', '--data-root', make.settings.data_root]
    command += ['--out', out]
    for role, made in (('masked', on_train), ('val', on_val)):
        command += ['--split', role, splits[role], made.folder]
    return make.step(
        'measure',
        name,
        title,
        command,
        method=method,
        needs=(on_train.name, on_val.name),
        outputs=(out,),
    )


def test(make: Maker, trained: Step, role: str) -> Step:
    """Return a test of the segmentation network on 'train' or 'val'."""
    settings, config = make.settings, make.settings.segmentation[-1]
    name = 'test_seg' if role == 'train' else f'test_seg_{role}'
    where = 'the training images' if role == 'train' else role
    split = settings.list_path('masked' if role == 'train' else role)
    folder = make.dir / name
    scores = folder / 'scores.json'
    options = {'test_dataloader.dataset.ann_file': split.relative_to(settings.data_root)}
    options |= data_options(read_config(config), str(settings.data_root), ('test',))
    command = [make.tools / 'test.py', config, trained.folder, '--work-dir', folder / 'log']
    command += ['--out', folder / 'predictions', '--report', scores]
    return make.step(
        'test',
        name,
        f'test the segmentation network on {where}',
        [*command, *(['--tta'] if settings.segmentation_tta else []), *_cfg_options(options)],
        method=SEGMENTATION,
        role=role,
        needs=(trained.name,),
        outputs=(scores,),
        folder=folder,
        configs=(config,),
    )


def report(make: Maker, needs: Sequence[Step]) -> Step:
    """Return the step that writes the report."""
    return make.step(
        'report',
        'report',
        'write the report',
        ['-m', 'ppl_mm.pipeline.report', make.dir],
        needs=tuple(step.name for step in needs),
        outputs=(make.dir / 'report.json', make.dir / 'report.html'),
    )


def train_affinity(make: Maker, maps: Step) -> list[Step]:
    """Return the labels of the sure regions of maps, and the AffinityNet's training on them."""
    settings = make.settings
    if not settings.affinity or not settings.affinity_labels:
        return []
    labels = refine(
        make,
        'label',
        'refine_confident',
        'label the confident regions',
        settings.affinity_labels,
        maps,
    )
    trained = train(
        make,
        'train_affinity',
        'train the AffinityNet',
        settings.affinity,
        AFFINITY,
        (labels.name,),
        label_dir=labels.folder,
    )
    return [labels, trained]


def train_classifier(make: Maker, method: Method, first: Sequence[str]) -> list[Step]:
    """Return the trainings of a method, with the labels that some learn from.

    Args:
        make: Makes steps.
        method: Its configs, and those of its labels.
        first: Names of the steps that the first training needs.
    """
    steps: list[Step] = []
    trained: Step | None = None
    labels = iter(method.labels)
    for number, config in enumerate(method.configs, 1):
        name, title = numbered(
            f'train_{method.key}', f'train {method.name}', number, len(method.configs)
        )
        needs, label_dir = [trained.name] if trained else list(first), None
        if trained and learns_from_labels(read_config(config)):
            where = f'of stage {number - 1} on train'
            part = f'{method.key}_{number - 1}'
            steps += label_maps(
                make, part, where, method.configs[number - 2], trained, next(labels), method.name
            )
            label_dir = steps[-1].folder
            needs.append(steps[-1].name)
        start = trained.folder if trained else None
        trained = train(make, name, title, config, method.key, needs, start, label_dir)
        steps.append(trained)
    return steps


def label_maps(
    make: Maker, part: str, where: str, config: Path, trained: Step, labels: Path, network: str
) -> list[Step]:
    """Return an export of what a network sees in the training images, and its labels."""
    split = ['--split', make.settings.splits['train']]
    title = f'export the maps of {network} {where}'
    maps = export(make, f'export_{part}', title, config, trained, split)
    return [maps, refine(make, 'label', f'label_{part}', f'label the maps {where}', labels, maps)]


def numbered(name: str, title: str, number: int, count: int) -> tuple[str, str]:
    """Return name and title of one training of several; the last has the plain name."""
    if count == 1:
        return name, title
    return name if number == count else f'{name}_{number}', f'{title}, {number} of {count}'


def _walk_options(cfg: Config, affinity: Step) -> dict:
    """Have random walks use the AffinityNet that was trained here."""
    options = {}
    for index, step in enumerate(cfg.get('refiners', [])):
        if step.type == 'ppl_mm.RandomWalk':
            options[f'refiners.{index}.affinity_net'] = affinity.configs[0]
            options[f'refiners.{index}.checkpoint'] = affinity.folder
    return options


def _cfg_options(options: Mapping) -> list[str]:
    """Return arguments that change settings of a config."""
    pairs = [f'{key}={value}' for key, value in options.items()]
    return ['--cfg-options', *pairs] if pairs else []
