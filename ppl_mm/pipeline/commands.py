"""The steps of a pipeline, a function for each kind: what it runs and what it needs."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from ..data_tools.own.settings import SOURCES
from ..formats.corrected_masks import CORRECTIONS, correction_files
from ..formats.result_folder import ResultFolder
from ..formats.voc_layout import VOCLayout
from ..utils.config.reading import ConfigOptions, read_config
from .config_keys import data_options
from .settings import PipelineSettings
from .step import SEGMENTATION, Step

# How long steps take beside each other, where the config says nothing.
_SECONDS = dict(
    make_data=10.0,
    train=100.0,
    export=25.0,
    keep=10.0,
    label=30.0,
    refine=30.0,
    measure=5.0,
    test=15.0,
    report=10.0,
    predict=30.0,
    deliver=5.0,
    gallery=20.0,
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
        command = [sys.executable, *map(_argument, command)]
        return Step(name=name, title=title, command=command, kind=kind, seconds=seconds, **others)


def _argument(value: object) -> str:
    """Return what stands on a command line; the path of a folder -a is not taken for an option."""
    return f'./{value}' if isinstance(value, Path) and str(value).startswith('-') else str(value)


def make_data(make: Maker) -> list[Step]:
    """Return the step that makes the data, if the pipeline has one."""
    if not make.settings.make_data:
        return []
    options = dict(make.settings.make_data)
    command = [make.tools / options.pop('tool'), '--out', make.settings.data_root]
    for key, value in options.items():
        command += [f'--{key.replace("_", "-")}', value]
    lists = [split for split in ('train', 'val') if split in make.settings.splits]
    outputs = tuple(map(make.settings.list_path, lists))
    return [make.step('make_data', 'make_data', 'make the data', command, outputs=outputs)]


def export(
    make: Maker,
    name: str,
    title: str,
    config: Path,
    trained: Step,
    arguments: Sequence,
    method: str,
    needs: Sequence[str] = (),
    role: str = '',
    corrected: bool = False,
) -> Step:
    """Return an export of the maps of a network.

    Args:
        make: Makes steps.
        name: The step's name.
        title: What it does, for people.
        config: The network's config for exports.
        trained: The training of the network.
        arguments: Split and threshold, arguments of the command.
        method: The key of the method, or network, whose maps they are.
        needs: Names of steps beside the training.
        role: The part of the data of which the report shows it.
        corrected: Whether the masks that a user has corrected choose the threshold.
    """
    folder, data_root = make.dir / name, make.settings.data_root
    options: dict = data_options(read_config(config), str(data_root), ('test',))
    command = [make.tools / 'export_cam.py', config, trained.folder, '--out-dir', folder]
    if corrected:
        command += ['--threshold-split', VOCLayout.CORRECTED_SPLIT]
        options['test_dataloader.dataset.data_prefix.seg_map_path'] = VOCLayout.CORRECTED
    return make.step(
        'export',
        name,
        title,
        [*command, *arguments, *cfg_options(options)],
        method=method,
        role=role,
        needs=(trained.name, *needs),
        outputs=(folder / 'export.json',),
        folder=folder,
        configs=(config,),
        files=(data_root / CORRECTIONS,) if corrected else (),
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
    corrected: bool = False,
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
        corrected: Whether masks that a user has corrected are the labels of their images.
    """
    folder, data_root = make.dir / name, make.settings.data_root
    masks = ['--masks', data_root / VOCLayout.CORRECTED] if corrected else []
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
            *masks,
            *cfg_options(options),
        ],
        role=role,
        needs=(source.name, *([affinity.name] if affinity else [])),
        outputs=(folder / 'export.json',),
        folder=folder,
        configs=(config, *(affinity.configs if affinity and options else ())),
        files=(data_root / CORRECTIONS,) if corrected else (),
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
    options: dict[str, object] = {
        'test_dataloader.dataset.ann_file': split.relative_to(settings.data_root)
    }
    options |= data_options(read_config(config), str(settings.data_root), ('test',))
    command = [make.tools / 'test.py', config, trained.folder, '--work-dir', folder / 'log']
    command += ['--out', folder / 'predictions', '--report', scores]
    return make.step(
        'test',
        name,
        f'test the segmentation network on {where}',
        [*command, *(['--tta'] if settings.segmentation_tta else []), *cfg_options(options)],
        method=SEGMENTATION,
        role=role,
        needs=(trained.name,),
        outputs=(scores,),
        folder=folder,
        configs=(config,),
    )


def predict(make: Maker, trained: Step) -> Step:
    """Return the step that labels every image of the data, those in no list as well."""
    folder, data = make.dir / 'predict', make.settings.data_root
    command = ['-m', 'ppl_mm.pipeline.predict', trained.folder, '--data-root', data]
    return make.step(
        'predict',
        'predict',
        'label all images',
        [*command, '--out', folder],
        method=SEGMENTATION,
        needs=(trained.name,),
        outputs=(folder / 'predicted.json',),
        folder=folder,
        files=(data / SOURCES,),
    )


def deliver(make: Maker, trained: Step, predicted: Step, results: ResultFolder) -> Step:
    """Return the step that writes the masks of all photographs, and the network."""
    command = ['-m', 'ppl_mm.pipeline.deliver', trained.folder, predicted.folder]
    data = make.settings.data_root
    command += ['--data-root', data, '--out', results.root]
    return make.step(
        'deliver',
        'deliver',
        'write masks and network',
        command,
        needs=(trained.name, predicted.name),
        outputs=(results.masks_record, results.model),
        files=correction_files(data),
    )


def gallery(make: Maker, predicted: Step, reported: Step, results: ResultFolder) -> Step:
    """Return the step that writes the gallery."""
    command = [make.tools / 'gallery.py', make.dir, '--out', results.gallery]
    return make.step(
        'gallery',
        'gallery',
        'draw the gallery',
        [*command, '--predictions', Path(predicted.folder or '') / 'predictions'],
        needs=(predicted.name, reported.name),
        outputs=(results.gallery / 'index.html',),
        files=correction_files(make.settings.data_root),
    )


def report(make: Maker, needs: Sequence[Step]) -> Step:
    """Return the step that writes the report, and the gallery where no later step does."""
    outputs = [make.dir / 'report.json', make.dir / 'report.html']
    command: list[object] = ['-m', 'ppl_mm.pipeline.report', make.dir]
    if make.settings.results is None:
        command.append('--gallery')
        outputs.append(make.dir / 'gallery' / 'index.html')
    return make.step(
        'report',
        'report',
        'write the report',
        command,
        needs=tuple(step.name for step in needs),
        outputs=tuple(outputs),
    )


def _walk_options(cfg: Config, affinity: Step) -> dict:
    """Have random walks use the AffinityNet that was trained here."""
    options: dict[str, object] = {}
    for index, step in enumerate(cfg.get('refiners', [])):
        if step.type == 'ppl_mm.RandomWalk':
            options[f'refiners.{index}.affinity_net'] = affinity.configs[0]
            options[f'refiners.{index}.checkpoint'] = affinity.folder
    return options


def cfg_options(options: Mapping) -> list[str]:
    """Return arguments that change settings of a config."""
    pairs = [f'{key}={ConfigOptions.written(value)}' for key, value in options.items()]
    return ['--cfg-options', *pairs] if pairs else []
