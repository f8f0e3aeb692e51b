"""Pipelines with and without masks: the transforms in them, also inside of TestTimeAug."""

from collections.abc import Callable, Iterator, Sequence

Step = dict | Callable


def changed_steps(steps: Sequence, change: Callable[[dict], dict | None]) -> list:
    """Return a pipeline whose transforms are changed, without empty lists.

    Args:
        steps: Transforms; those inside of one are lists of them, or one. Objects stay as they are.
        change: Returns the new config of a transform, or None to leave it out.
    """
    kept = []
    for step in steps:
        if isinstance(step, list | tuple):
            step = changed_steps(step, change)
        elif isinstance(step, dict):
            if 'transforms' in step:
                inner = changed_steps(_listed(step['transforms']), change)
                step = dict(step, transforms=inner)
            step = change(step)
        if step:
            kept.append(step)
    return kept


def without_masks(steps: Sequence) -> list:
    """Return a pipeline that loads no masks."""
    return changed_steps(steps, lambda step: None if _loads_mask(step) else step)


def may_load_masks(steps: Sequence) -> bool:
    """Return whether a pipeline loads masks, or has an object that may do so."""
    return any(callable(step) or _loads_mask(step) for step in _flat(steps))


def _loads_mask(step: dict) -> bool:
    return str(step.get('type')).endswith(('LoadAnnotations', 'LoadMask'))


def _flat(steps: Sequence) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, list | tuple):
            yield from _flat(step)
        else:
            yield step
            yield from _flat(_listed(step.get('transforms')) if isinstance(step, dict) else ())


def _listed(steps: Sequence | Step | None) -> Sequence:
    """Return the transforms inside of one as a list; mmcv's wrappers take a single one, too."""
    if isinstance(steps, list | tuple):
        return steps
    return [] if steps is None else [steps]
