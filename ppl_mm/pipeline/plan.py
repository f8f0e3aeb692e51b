"""From the settings of a pipeline to its steps, in order."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import UserError
from . import commands
from .commands import Plan, export, measure
from .cuts import cut_as, cut_of_train
from .keep_better import keep_better
from .methods import Method
from .network import Network
from .refinement import refine
from .settings import PipelineSettings
from .step import SEGMENTATION, Step, find_maps, find_step
from .trainings import train_affinity, train_classifier, train_segmentation


def make_plan(settings: PipelineSettings, work_dir: Path, tools: Path) -> list[Step]:
    """Return the steps of a pipeline that writes into ``work_dir``, each after those it needs.

    Raises:
        UserError: If a config that is needed cannot be read.
    """
    plan = Plan(settings, work_dir, tools)
    commands.make_data(plan)
    known: dict[tuple, Step] = {}
    for method in settings.methods:
        stages = train_classifier(plan, method, known)
        maps = _measured_maps(plan, method, stages)
    network = train_segmentation(plan, _refined(plan, maps), stages[-1].training)
    if settings.is_measured:
        for role in ('train', 'val'):
            commands.test(plan, network, role)
    shown = [step for step in plan.steps if step.kind in ('measure', 'test')]
    commands.results(plan, network, commands.report(plan, shown or [network]))
    return plan.steps


def _measured_maps(plan: Plan, method: Method, stages: Sequence[Network]) -> dict[str, Step]:
    """Export a method's maps, and measure them where there are masks; return the steps by role."""
    settings, network = plan.settings, stages[-1]
    maps = {'train': export(plan, network, 'train', cut_of_train(settings, choose=True))}
    if settings.is_measured:
        maps['val'] = export(plan, network, 'val', cut_as(settings, maps['train']))
    if method.keep_better:
        maps = keep_better(plan, method, stages[-2], maps)
    if settings.is_measured:
        measure(plan, f'the maps of {method.name}', maps, method.key)
    return maps


def _refined(plan: Plan, maps: Mapping[str, Step]) -> Step:
    """Add what makes pseudo-labels of maps, by role; return the step of those of train."""
    settings = plan.settings
    if not settings.refinement:
        if settings.corrected:
            raise UserError(
                f'{settings.path}: corrected masks are learnt from with the refined labels; '
                'add a refinement'
            )
        return maps['train']
    affinity = train_affinity(plan, maps['train'])
    made: dict[str, Step] = {}
    for role in sorted(maps):  # train first: its masks choose the chain of both
        made[role] = refine(
            plan,
            settings.refinement,
            maps[role],
            affinity,
            corrected=settings.corrected and role == 'train',
            split=role,
            like=made.get('train'),
            name='refine' if role == 'train' else f'refine_{role}',
            title=f'refine the maps on {role}',
            kind='refine',
            role=role,
        )
    if settings.is_measured:
        measure(plan, 'the refined labels', made)
    return made['train']


def report_paths(steps: Sequence[Step], settings: PipelineSettings, work_dir: Path) -> dict:
    """Return where the report finds what the steps of a plan make, below the work folder.

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
