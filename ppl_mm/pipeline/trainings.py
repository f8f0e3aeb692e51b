"""The steps that train, with the labels that some trainings learn from."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..apis.thresholds.choice import AUTO
from ..formats.voc_layout import VOCLayout
from ..utils.config.reading import read_config
from .commands import Maker, cfg_options, export, refine
from .config_keys import data_options, dataset_key, learns_from_labels
from .methods import Method
from .settings import PipelineSettings
from .step import AFFINITY, Step


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
        [*command, *cfg_options(options)],
        method=method,
        needs=tuple(needs),
        outputs=(folder,),
        folder=folder,
        configs=(config,),
        resume=('--resume',),
    )


def train_classifier(
    make: Maker, method: Method, first: Sequence[str], known: dict[tuple, Step]
) -> tuple[list[Step], Step]:
    """Return the new steps that train a method, and its last training.

    A method that begins as an earlier one shares its trainings.

    Args:
        make: Makes steps.
        method: Its configs, and those of its labels.
        first: Names of the steps that the first training needs.
        known: The trainings of the methods before by their configs; those of this one are added.
    """
    steps: list[Step] = []
    begun: tuple = ()
    for number, stage in enumerate(_stages(method), 1):
        before, begun = known.get(begun), (*begun, stage)
        if begun not in known:
            steps += _stage(make, method, number, stage[1], before, first)
            known[begun] = steps[-1]
    return steps, known[begun]


def _stages(method: Method) -> Iterator[tuple[Path, Path | None]]:
    """Yield each config, with the one of the labels that it learns from."""
    labels = iter(method.labels)
    for number, config in enumerate(method.configs):
        learns = number and learns_from_labels(read_config(config))
        yield config, next(labels) if learns else None


def _stage(
    make: Maker,
    method: Method,
    number: int,
    labels: Path | None,
    before: Step | None,
    first: Sequence[str],
) -> list[Step]:
    """Return one training of a method, after the steps that make its labels."""
    key, count = method.key, len(method.configs)
    config = method.configs[number - 1]
    name, title = numbered(f'train_{key}', f'train {method.name}', number, count)
    if before is None:
        return [train(make, name, title, config, key, first)]
    made = []
    if labels:
        where, part = f'of stage {number - 1} on train', f'{key}_{number - 1}'
        export_config, settings = method.configs[number - 2], make.settings
        compared = method.keep_better and number == count  # both by the same masks
        made = label_maps(
            make,
            part,
            where,
            export_config,
            before,
            labels,
            method.name,
            threshold=(chosen_threshold if compared else given_threshold)(settings),
            choose=compared and corrected_choose(settings),
        )
    needs = [before.name, *(step.name for step in made[-1:])]
    label_dir = made[-1].folder if made else None
    return [*made, train(make, name, title, config, key, needs, before.folder, label_dir)]


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


def has_background(settings: PipelineSettings) -> bool:
    """Return whether a pixel of the data may be of no class; nothing is cut where it may not.

    Args:
        settings: The pipeline's.
    """
    return VOCLayout(settings.data_root).has_background


def given_threshold(settings: PipelineSettings) -> list[str]:
    """Return the arguments of an export whose threshold the pipeline is given.

    Args:
        settings: The pipeline's.
    """
    if not has_background(settings):
        return []
    if settings.expected_area:
        return ['--threshold', AUTO, '--expected-area', settings.expected_area]
    return ['--threshold', settings.threshold] if settings.threshold else []


def chosen_threshold(settings: PipelineSettings) -> list[str]:
    """Return the arguments of an export whose threshold is given, or chosen by masks.

    Args:
        settings: The pipeline's.
    """
    given = given_threshold(settings)
    if given or not (settings.is_measured and has_background(settings)):
        return given
    return ['--threshold-split', settings.splits['threshold']]


def corrected_choose(settings: PipelineSettings) -> bool:
    """Return whether masks that a user has corrected choose the threshold of an export.

    Args:
        settings: The pipeline's.
    """
    given = given_threshold(settings)
    return has_background(settings) and settings.corrected and not (given or settings.is_measured)


def same_threshold(settings: PipelineSettings, export: Step) -> list:
    """Return the arguments of an export that is cut as another one.

    Args:
        settings: The pipeline's.
        export: The other one.
    """
    return ['--threshold', export.outputs[0]] if has_background(settings) else []


def label_maps(
    make: Maker,
    part: str,
    where: str,
    config: Path,
    trained: Step,
    labels: Path,
    network: str,
    corrected: bool = False,
    threshold: Sequence[str] = (),
    choose: bool = False,
) -> list[Step]:
    """Return an export of what a network sees in the training images, and its labels.

    Args:
        make: Makes steps.
        part: What the steps are called by.
        where: What the maps are of, for people.
        config: The network's config for exports.
        trained: The training of the network.
        labels: A config of ``tools/refine.py``.
        network: Its name for people.
        corrected: Whether masks that a user has corrected are the labels of their images.
        threshold: Arguments of the export.
        choose: Whether corrected masks choose the threshold.
    """
    split = ['--split', make.settings.splits['train'], *threshold]
    title = f'export the maps of {network} {where}'
    maps = export(
        make, f'export_{part}', title, config, trained, split, trained.method, corrected=choose
    )
    labelled = refine(
        make, 'label', f'label_{part}', f'label the maps {where}', labels, maps, corrected=corrected
    )
    return [maps, labelled]


def numbered(name: str, title: str, number: int, count: int) -> tuple[str, str]:
    """Return name and title of one training of several; the last has the plain name."""
    if count == 1:
        return name, title
    return name if number == count else f'{name}_{number}', f'{title}, {number} of {count}'
