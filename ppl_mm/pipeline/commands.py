"""The steps of a pipeline, a function for each kind: what it runs and what it needs."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..formats.corrected_masks import CORRECTIONS, correction_files
from ..formats.photo_names import SOURCES
from ..formats.result_folder import ResultFolder
from ..formats.voc_layout import VOCLayout
from ..gallery.page import SITE_FILES
from ..gallery.write import drawn_files
from ..utils.config.reading import ConfigOptions, read_config
from .config_keys import data_options, dataset_key
from .cuts import Cut
from .guess import usual_seconds
from .network import Network
from .settings import PipelineSettings
from .step import SEGMENTATION, Step


class Plan:
    """The steps of one pipeline in order; the functions of this module add to them.

    Args:
        settings: The pipeline's.
        folder: Where everything is written.
        tools: The folder of the project's commands.
    """

    def __init__(self, settings: PipelineSettings, folder: Path, tools: Path) -> None:
        self.settings, self.folder, self.tools = settings, folder, tools
        self.steps: list[Step] = []

    def add(
        self,
        name: str,
        title: str,
        command: Sequence,
        kind: str = '',
        needs: Iterable[Step] = (),
        makes: Iterable[str] | None = None,
        **others: Any,
    ) -> Step:
        """Add a step and return it.

        Args:
            name: See :class:`.Step`, as for ``title``.
            title: What it does.
            command: Arguments for Python.
            kind: What it does, as a word. Defaults to '': the same as its name.
            needs: The steps before it that it needs.
            makes: What it writes into a folder of its own, which has its name; '' is that folder.
                Defaults to None: it has none.
            **others: See :class:`.Step`.

        Raises:
            UserError: If another step has that name.
        """
        if any(name == step.name for step in self.steps):
            raise UserError(
                f'{self.settings.path}: two steps would be called {name}; give a method another key'
            )
        if makes is not None:
            folder = self.folder / name
            others |= dict(folder=folder, outputs=tuple(folder / one for one in makes))
        step = Step(
            name,
            title,
            [sys.executable, *map(_argument, command)],
            kind=kind or name,
            needs=tuple(one.name for one in needs),
            seconds=usual_seconds(kind or name, name, self.settings),
            **others,
        )
        self.steps.append(step)
        return step


def make_data(plan: Plan) -> None:
    """Add the step that makes the data, if the pipeline has one."""
    settings = plan.settings
    if not settings.make_data:
        return
    options = dict(settings.make_data)
    command = [plan.tools / options.pop('tool'), '--out', settings.data_root]
    for key, value in options.items():
        command += [f'--{key.replace("_", "-")}', value]
    lists = [split for split in ('train', 'val') if split in settings.splits]
    outputs = tuple(map(settings.list_path, lists))
    plan.add('make_data', 'make the data', command, outputs=outputs)


def train(
    plan: Plan,
    config: Path,
    needs: Iterable[Step],
    start: Step | None = None,
    labels: Step | None = None,
    **names: Any,
) -> Step:
    """Add a training, from weights of ``start`` and on pseudo-labels of ``labels``; return it."""
    cfg = read_config(config)
    options: dict = {'randomness.seed': plan.settings.seed}
    if labels:
        options[dataset_key(cfg, 'train', 'label_dir')] = labels.folder
    if start:
        options['load_from'] = start.folder
    options |= data_options(cfg, str(plan.settings.data_root), ('train', 'val', 'test'))
    command: list = [plan.tools / 'train.py', config, '--work-dir', plan.folder / names['name']]
    if names['method'] == SEGMENTATION:
        command.append('--no-validate')  # it would cost time, and no mask chooses anything
    return plan.add(
        command=[*command, *cfg_options(options)],
        kind='train',
        needs=needs,
        makes=('',),
        configs=(config,),
        **names,
    )


def export(plan: Plan, network: Network, split: str, cut: Cut) -> Step:
    """Add an export of the maps of a network on 'train' or 'val', and return it."""
    settings, config = plan.settings, network.config
    name = f'export_{network.key}' + ('_val' if split == 'val' else '')
    options: dict = data_options(read_config(config), str(settings.data_root), ('test',))
    command: list = [plan.tools / 'export_cam.py', config, network.training.folder]
    command += ['--out-dir', plan.folder / name, '--split', settings.splits[split]]
    maps_command = [*command, *cfg_options(options)]
    if cut.by_corrections:
        options['test_dataloader.dataset.data_prefix.seg_map_path'] = VOCLayout.CORRECTED
    return plan.add(
        name,
        f'export the maps of {network.name} {network.which}on {split}',
        [*command, *cut.arguments, *cfg_options(options)],
        kind='export',
        method=network.method,
        role=split if network.stage is None else '',
        needs=(network.training, *cut.needs),
        makes=('export.json',),
        configs=(config,),
        files=(settings.data_root / CORRECTIONS,) if cut.by_corrections else (),
        maps_command=tuple(map(_argument, maps_command)),
    )


def measure(plan: Plan, what: str, made: Mapping[str, Step], method: str = '') -> None:
    """Add a comparison with masks of what steps have made, by 'train' and 'val'.

    It is of the maps of a method, by its key, or of refined labels.
    """
    name = f'measure_{method or "refined"}'
    out, splits = plan.folder / f'{name}.json', plan.settings.splits
    command: list = ['-m', 'ppl_mm.pipeline.measure', '--data-root', plan.settings.data_root]
    command += ['--out', out]
    for role, step in (('masked', made['train']), ('val', made['val'])):
        command += ['--split', role, splits[role], step.folder]
    needs = made.values()
    plan.add(
        name, f'measure {what}', command, 'measure', needs=needs, method=method, outputs=(out,)
    )


def test(plan: Plan, trained: Step, role: str) -> None:
    """Add a test of the segmentation network on 'train' or 'val'."""
    settings, config = plan.settings, plan.settings.segmentation[-1]
    name = 'test_seg' if role == 'train' else f'test_seg_{role}'
    where = 'the training images' if role == 'train' else role
    split = settings.list_path('masked' if role == 'train' else role)
    folder = plan.folder / name
    options: dict = {'test_dataloader.dataset.ann_file': split.relative_to(settings.data_root)}
    options |= data_options(read_config(config), str(settings.data_root), ('test',))
    command = [plan.tools / 'test.py', config, trained.folder, '--work-dir', folder / 'log']
    command += ['--out', folder / 'predictions', '--report', folder / 'scores.json']
    command += ['--tta'] if settings.segmentation_tta else []
    plan.add(
        name,
        f'test the segmentation network on {where}',
        [*command, *cfg_options(options)],
        kind='test',
        method=SEGMENTATION,
        role=role,
        needs=(trained,),
        makes=('scores.json',),
        configs=(config,),
    )


def report(plan: Plan, needs: Iterable[Step]) -> Step:
    """Add the step that writes the report, and the gallery where no later step does; return it."""
    command: list = ['-m', 'ppl_mm.pipeline.report', plan.folder]
    made: dict = dict(outputs=())
    if plan.settings.results is None:
        command.append('--gallery')
        made = _gallery(plan.folder / 'gallery')
    made['outputs'] = (plan.folder / 'report.json', plan.folder / 'report.html', *made['outputs'])
    return plan.add('report', 'write the report', command, needs=needs, **made)


def results(plan: Plan, trained: Step, reported: Step) -> None:
    """Add the steps that give a user the masks of all images, the network and a gallery."""
    if plan.settings.results is None:
        return
    data, given = plan.settings.data_root, ResultFolder(plan.settings.results)
    folder, files = plan.folder / 'predict', correction_files(data)
    command: list = ['-m', 'ppl_mm.pipeline.predict', trained.folder, '--data-root', data]
    predicted = plan.add(
        'predict',
        'label all images',
        [*command, '--out', folder],
        method=SEGMENTATION,
        needs=(trained,),
        makes=('predicted.json',),
        files=(data / SOURCES,),
    )
    command = ['-m', 'ppl_mm.pipeline.deliver', trained.folder, folder]
    plan.add(
        'deliver',
        'write masks and network',
        [*command, '--data-root', data, '--out', given.root],
        needs=(trained, predicted),
        outputs=(given.written_masks.record, given.written_model.record, given.model),
        written=(given.written_masks, given.written_geo, given.written_model),
        files=files,
    )
    command = [plan.tools / 'gallery.py', plan.folder, '--out', given.gallery]
    plan.add(
        'gallery',
        'draw the gallery',
        [*command, '--predictions', folder / 'predictions'],
        needs=(predicted, reported),
        files=files,
        **_gallery(given.gallery),
    )


def _gallery(folder: Path) -> dict:
    """Return what a step makes that writes a gallery."""
    outputs = tuple(folder / name for name in SITE_FILES)
    return dict(outputs=outputs, written=(drawn_files(folder),))


def _argument(value: object) -> str:
    """Return what stands on a command line; the path of a folder -a is not taken for an option."""
    return f'./{value}' if isinstance(value, Path) and str(value).startswith('-') else str(value)


def cfg_options(options: Mapping) -> list[str]:
    """Return arguments that change settings of a config."""
    pairs = [f'{key}={ConfigOptions.written(value)}' for key, value in options.items()]
    return ['--cfg-options', *pairs] if pairs else []
