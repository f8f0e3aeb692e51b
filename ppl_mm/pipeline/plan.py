"""From the settings of a pipeline to its steps, in order."""

from collections.abc import Sequence
from pathlib import Path

from . import commands
from .commands import Maker
from .settings import Method, PipelineSettings
from .step import SEGMENTATION, Step, find_step

_NETWORK = 'the segmentation network'


def make_plan(settings: PipelineSettings, work_dir: Path, tools: Path) -> list[Step]:
    """Return the steps of a pipeline, each after those that it needs.

    Args:
        settings: The pipeline's.
        work_dir: Where everything is written.
        tools: The folder of the project's commands.

    Raises:
        UserError: If a config that is needed cannot be read.
    """
    make = Maker(settings, work_dir, tools)
    steps = commands.make_data(make)
    first = [step.name for step in steps]
    for method in settings.methods:
        steps += commands.train_classifier(make, method, first)
        steps += _measure_maps(make, method, steps[-1])
    last = settings.methods[-1].key
    classifier = find_step(steps, 'train', last)
    refined = _refinement(make, *(find_step(steps, 'export', last, role) for role in _ROLES))
    steps += refined
    kind, method = ('refine', '') if refined else ('export', last)
    labels = find_step(steps, kind, method, 'train')
    steps += _train_segmentation(make, labels, classifier)
    tests = [commands.test(make, steps[-1], role) for role in _ROLES]
    measures = [step for step in steps if step.kind == 'measure']
    return [*steps, *tests, commands.report(make, [*measures, *tests])]


_ROLES = ('train', 'val')


def report_paths(steps: Sequence[Step], settings: PipelineSettings, work_dir: Path) -> dict:
    """Return where the report finds what the steps make, below the work folder.

    Args:
        steps: From :func:`make_plan`.
        settings: The pipeline's.
        work_dir: Where everything is written.

    Returns:
        ``maps``: the exports on train by method; ``measured``: what was
        measured of them; ``labels`` and ``measured_labels``: the same of the
        pseudo-labels; ``network``: the training of the segmentation network;
        ``tests``: its tests by role, 'masked' and 'val'.
    """
    keys = [method.key for method in settings.methods]
    refined = settings.refinement is not None
    labels = ('refine', '', 'train') if refined else ('export', keys[-1], 'train')

    def below(path: Path | None) -> str:
        return str(Path(path or work_dir).relative_to(work_dir))

    def measured(key: str) -> str:
        return below(find_step(steps, 'measure', key).outputs[0])

    return dict(
        maps={key: below(find_step(steps, 'export', key, 'train').folder) for key in keys},
        measured={key: measured(key) for key in keys},
        labels=below(find_step(steps, *labels).folder),
        measured_labels=measured('') if refined else measured(keys[-1]),
        network=below(find_step(steps, 'train', SEGMENTATION).folder),
        tests={
            name: below(find_step(steps, 'test', SEGMENTATION, role).folder)
            for name, role in (('masked', 'train'), ('val', 'val'))
        },
    )


def _measure_maps(make: Maker, method: Method, trained: Step) -> list[Step]:
    """Export the maps of a classifier on both splits, and measure them."""
    splits, name = make.settings.splits, f'export_{method.key}'
    title, config = f'export the maps of {method.name} on', method.configs[-1]
    chosen = ['--split', splits['train'], '--threshold-split', splits['threshold']]
    train = commands.export(make, name, f'{title} train', config, trained, chosen, role='train')
    same = ['--split', splits['val'], '--threshold', make.dir / name / 'export.json']
    val = commands.export(
        make, f'{name}_val', f'{title} val', config, trained, same, (train.name,), role='val'
    )
    measured = commands.measure(
        make, f'measure_{method.key}', f'measure the maps of {method.name}', method.key, train, val
    )
    return [train, val, measured]


def _refinement(make: Maker, on_train: Step, on_val: Step) -> list[Step]:
    """From the last method's maps to pseudo-labels that follow the image."""
    config = make.settings.refinement
    if not config:
        return []
    affinity = commands.train_affinity(make, on_train)
    trained = affinity[-1] if affinity else None
    train, val = (
        commands.refine(
            make, 'refine', name, f'refine the maps on {role}', config, source, trained, role
        )
        for name, role, source in (('refine', 'train', on_train), ('refine_val', 'val', on_val))
    )
    title = 'measure the refined labels'
    return [*affinity, train, val, commands.measure(make, 'measure_refined', title, '', train, val)]


def _train_segmentation(make: Maker, labels: Step, classifier: Step) -> list[Step]:
    """One training for each round, from the weights of the last one.

    The first learns from the pseudo-labels, each other one from labels of
    what the network before it sees of the images' classes.
    """
    own, steps = make.settings, []
    start = classifier.folder if own.start_segmentation_from_classifier else None
    before: list[str] = []
    for number, config in enumerate(own.segmentation, 1):
        name, title = commands.numbered(
            'train_seg', f'train {_NETWORK}', number, len(own.segmentation)
        )
        # Validation would cost time, and no mask chooses anything.
        steps.append(
            commands.train(
                make,
                name,
                title,
                config,
                SEGMENTATION,
                (*before, labels.name),
                start,
                labels.folder,
                ['--no-validate'],
            )
        )
        if number < len(own.segmentation) and own.segmentation_maps and own.segmentation_labels:
            trained = steps[-1]
            start, before = trained.folder, [trained.name]
            steps += commands.label_maps(
                make,
                f'seg_{number}',
                f'of round {number} on train',
                own.segmentation_maps,
                trained,
                own.segmentation_labels,
                _NETWORK,
            )
            labels = steps[-1]
    return steps
