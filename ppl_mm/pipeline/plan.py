"""From the settings of a pipeline to its steps, in order."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import UserError
from ..formats.result_folder import ResultFolder
from . import commands, trainings
from .commands import Maker
from .methods import Method
from .settings import PipelineSettings
from .stages import keep_better
from .step import SEGMENTATION, Step, find_maps, find_step

_NETWORK = 'the segmentation network'
_ROLES = ('train', 'val')


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
    known: dict[tuple, Step] = {}
    for method in settings.methods:
        new, classifier = trainings.train_classifier(make, method, first, known)
        steps += new
        steps += _measure_maps(make, method, classifier, steps)
    last, roles = settings.methods[-1].key, _ROLES if settings.is_measured else _ROLES[:1]
    refined = _refinement(make, {role: find_maps(steps, last, role) for role in roles})
    steps += refined
    labels = _pseudo_labels(steps, settings)
    steps += _train_segmentation(make, labels, classifier)
    if settings.is_measured:
        steps += [commands.test(make, steps[-1], role) for role in _ROLES]
    shown = [step for step in steps if step.kind in ('measure', 'test')]
    steps.append(commands.report(make, shown or steps[-1:]))
    steps += _results(make, find_step(steps, 'train', SEGMENTATION), steps[-1])
    _check_names(settings, steps)
    return steps


def _results(make: Maker, network: Step, reported: Step) -> list[Step]:
    """Give the user what the network sees in all images, and the network."""
    if make.settings.results is None:
        return []
    predicted, results = commands.predict(make, network), ResultFolder(make.settings.results)
    return [
        predicted,
        commands.deliver(make, network, predicted, results),
        commands.gallery(make, predicted, reported, results),
    ]


def _check_names(settings: PipelineSettings, steps: Sequence[Step]) -> None:
    names = [step.name for step in steps]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise UserError(
            f'{settings.path}: two steps would be called {min(twice)}; give a method another key'
        )


def report_paths(steps: Sequence[Step], settings: PipelineSettings, work_dir: Path) -> dict:
    """Return where the report finds what the steps make, below the work folder.

    Args:
        steps: From :func:`make_plan`.
        settings: The pipeline's.
        work_dir: Where everything is written.

    Returns:
        ``maps``: the exports on train by method; ``labels``: the pseudo-labels; ``network``: the
        training of the segmentation network; ``choices``: which stage was kept, by method, if any
        keeps the better one. Where something is measured also ``measured`` and
        ``measured_labels``, what was measured of maps and labels, and ``tests``: the tests of the
        network by role, 'masked' and 'val'.
    """
    keys = [method.key for method in settings.methods]
    refined = settings.refinement is not None

    def below(path: Path | None) -> str:
        """Return a path of the work folder, from there."""
        return str(Path(path or work_dir).relative_to(work_dir))

    def measured(key: str) -> str:
        """Return where the scores of something are."""
        return below(find_step(steps, 'measure', key).outputs[0])

    paths = dict(
        maps={key: below(find_maps(steps, key, 'train').folder) for key in keys},
        labels=below(_pseudo_labels(steps, settings).folder),
        network=below(find_step(steps, 'train', SEGMENTATION).folder),
    )
    choices = [step for step in steps if step.kind == 'keep' and step.role == 'train']
    if choices:
        paths['choices'] = {step.method: below(step.outputs[-1]) for step in choices}
    if not settings.is_measured:
        return paths
    return paths | dict(
        measured={key: measured(key) for key in keys},
        measured_labels=measured('') if refined else measured(keys[-1]),
        tests={
            name: below(find_step(steps, 'test', SEGMENTATION, role).folder)
            for name, role in (('masked', 'train'), ('val', 'val'))
        },
    )


def _pseudo_labels(steps: Sequence[Step], settings: PipelineSettings) -> Step:
    """Return the step that makes what the segmentation network learns from."""
    if settings.refinement:
        return find_step(steps, 'refine', '', 'train')
    return find_maps(steps, settings.methods[-1].key, 'train')


def _measure_maps(make: Maker, method: Method, trained: Step, before: Sequence[Step]) -> list[Step]:
    """Export the maps of a classifier, where there are masks on both splits, and measure them."""
    splits, name = make.settings.splits, f'export_{method.key}'
    title, config = f'export the maps of {method.name} on', method.configs[-1]
    chosen = ['--split', splits['train'], *trainings.chosen_threshold(make.settings)]
    train = commands.export(
        make,
        name,
        f'{title} train',
        config,
        trained,
        chosen,
        method.key,
        role='train',
        corrected=trainings.corrected_choose(make.settings),
    )
    if not make.settings.is_measured:
        return [train, *keep_better(make, method, before, dict(train=train))]
    same = ['--split', splits['val'], *trainings.same_threshold(make.settings, train)]
    val = commands.export(
        make, f'{name}_val', f'{title} val', config, trained, same, method.key, (train.name,), 'val'
    )
    kept = keep_better(make, method, before, dict(train=train, val=val))
    made = [find_maps([train, val, *kept], method.key, role) for role in _ROLES]
    title = f'measure the maps of {method.name}'
    measured = commands.measure(make, f'measure_{method.key}', title, method.key, *made)
    return [train, val, *kept, measured]


def _refinement(make: Maker, maps: Mapping[str, Step]) -> list[Step]:
    """From the last method's maps, by role, to pseudo-labels that follow the image."""
    config = make.settings.refinement
    if not config:
        if make.settings.corrected:
            raise UserError(
                f'{make.settings.path}: corrected masks are learnt from with the refined labels; '
                'add a refinement'
            )
        return []
    affinity = trainings.train_affinity(make, maps['train'])
    trained = affinity[-1] if affinity else None
    labels = [
        commands.refine(
            make,
            'refine',
            'refine' if role == 'train' else f'refine_{role}',
            f'refine the maps on {role}',
            config,
            source,
            trained,
            role,
            make.settings.corrected and role == 'train',
        )
        for role, source in maps.items()
    ]
    steps = [*affinity, *labels]
    if make.settings.is_measured:
        title = 'measure the refined labels'
        steps.append(commands.measure(make, 'measure_refined', title, '', *labels))
    return steps


def _train_segmentation(make: Maker, labels: Step, classifier: Step) -> list[Step]:
    """One training for each round, from the weights of the last one.

    The first learns from the pseudo-labels, each other one from labels of what the network before
    it sees of the images' classes.
    """
    own, steps = make.settings, []
    start = classifier.folder if own.start_segmentation_from_classifier else None
    before: list[str] = []
    for number, config in enumerate(own.segmentation, 1):
        name, title = trainings.numbered(
            'train_seg', f'train {_NETWORK}', number, len(own.segmentation)
        )
        # Validation would cost time, and no mask chooses anything.
        steps.append(
            trainings.train(
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
            steps += trainings.label_maps(
                make,
                f'seg_{number}',
                f'of round {number} on train',
                own.segmentation_maps,
                trained,
                own.segmentation_labels,
                _NETWORK,
                make.settings.corrected,
            )
            labels = steps[-1]
    return steps
