"""The steps that keep the better of the last two stages of a method."""

from collections.abc import Mapping, Sequence

from ..formats.corrected_masks import CORRECTIONS
from ..formats.voc_layout import VOCLayout
from .commands import Maker, export
from .methods import Method
from .step import Step
from .trainings import same_threshold


def keep_better(
    make: Maker, method: Method, steps: Sequence[Step], maps: Mapping[str, Step]
) -> list[Step]:
    """Return steps that compare a method's last two stages and keep the better one's maps.

    Masks decide where there are any: those that choose thresholds. On val the same stage is kept.

    Args:
        make: Makes steps.
        method: With ``keep_better``; else there are no steps.
        steps: Those before; an export of the stage before, on train, is among them.
        maps: Exports of the last stage, by role.
    """
    if not method.keep_better:
        return []
    by_name = {step.name: step for step in steps}
    before = by_name[f'export_{method.key}_{len(method.configs) - 1}']
    kept = _keep(make, method, before, maps['train'], _masks(make))
    if 'val' not in maps:
        return [kept]
    before_on_val = export(
        make,
        f'{before.name}_val',
        f'{before.title.removesuffix("train")}val',
        before.configs[0],
        by_name[before.needs[0]],
        ['--split', make.settings.splits['val'], *same_threshold(make.settings, before)],
        method.key,
        (before.name,),
    )
    follow = ['--choice', kept.outputs[-1]]
    on_val = _keep(make, method, before_on_val, maps['val'], follow, (kept.name,))
    return [kept, before_on_val, on_val]


def _keep(
    make: Maker,
    method: Method,
    before: Step,
    after: Step,
    decides: Sequence,
    needs: Sequence[str] = (),
) -> Step:
    """Return the step that keeps the better of two exports."""
    settings = make.settings
    on_val = after.role == 'val'
    name = f'keep_{method.key}_val' if on_val else f'keep_{method.key}'
    folder = make.dir / name
    command: list[object] = ['-m', 'ppl_mm.pipeline.keep', before.folder, after.folder]
    command += ['--out', folder]
    command += ['--stage', len(method.configs), '--split', settings.splits[after.role], *decides]
    return make.step(
        'keep',
        name,
        f'keep the better stage of {method.name} on {after.role}',
        command,
        method=method.key,
        role=after.role,
        needs=(before.name, after.name, *needs),
        outputs=(folder / 'export.json', folder / 'choice.json'),
        folder=folder,
        files=(settings.data_root / CORRECTIONS,) if settings.corrected else (),
    )


def _masks(make: Maker) -> list:
    """Return the arguments that name the masks which decide, none if there are none."""
    settings, layout = make.settings, VOCLayout(make.settings.data_root)
    if settings.is_measured:
        return ['--masks', settings.splits['threshold'], layout.mask_dir]
    if settings.corrected:
        return ['--masks', VOCLayout.CORRECTED_SPLIT, layout.root / VOCLayout.CORRECTED]
    return []
