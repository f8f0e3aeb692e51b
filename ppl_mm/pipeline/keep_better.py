"""The steps that keep the better of the last two stages of a method."""

from collections.abc import Mapping, Sequence

from ..formats.corrected_masks import CORRECTIONS
from .commands import Plan, export
from .cuts import cut_as
from .methods import Method
from .network import Network
from .step import Step


def keep_better(
    plan: Plan, method: Method, before: Network, maps: Mapping[str, Step]
) -> dict[str, Step]:
    """Add steps that compare a method's last two stages and keep the better one's maps.

    Masks decide where there are any: those that choose thresholds. On val the same stage is kept.

    Args:
        plan: The plan; an export of the stage before, on train, is in it.
        method: The method.
        before: The network of the stage before.
        maps: Exports of the last stage, by role.

    Returns:
        The steps that keep maps, by role.
    """
    earlier = next(  # perhaps of a method before that begins alike
        step
        for step in plan.steps
        if step.kind == 'export' and step.needs[0] == before.training.name and not step.role
    )
    decides: list = []
    if masks := plan.settings.choosing_masks():
        decides = ['--masks', masks[0], plan.settings.data_root / masks[1]]
    kept = {'train': _keep(plan, method, earlier, maps['train'], decides)}
    if 'val' in maps:
        on_val = export(plan, before, 'val', cut_as(plan.settings, earlier))
        follow, needs = ['--choice', kept['train'].outputs[-1]], [kept['train']]
        kept['val'] = _keep(plan, method, on_val, maps['val'], follow, needs)
    return kept


def _keep(
    plan: Plan,
    method: Method,
    before: Step,
    after: Step,
    decides: Sequence,
    needs: Sequence[Step] = (),
) -> Step:
    """Add the step that keeps the better of two exports."""
    settings = plan.settings
    name = f'keep_{method.key}' + ('_val' if after.role == 'val' else '')
    command: list[object] = ['-m', 'ppl_mm.pipeline.keep', before.folder, after.folder]
    command += ['--out', plan.folder / name, '--stage', len(method.configs)]
    return plan.add(
        name,
        f'keep the better stage of {method.name} on {after.role}',
        [*command, '--split', settings.splits[after.role], *decides],
        kind='keep',
        method=method.key,
        role=after.role,
        needs=(before, after, *needs),
        makes=('export.json', 'choice.json'),
        files=(settings.data_root / CORRECTIONS,) if settings.corrected else (),
    )
