"""Pipelines for images that have no mask."""

from collections.abc import Sequence


def without_masks(steps: Sequence) -> list:
    """Return a pipeline that loads no masks, also inside TestTimeAug.

    Args:
        steps: Transforms; the views of TestTimeAug are lists of them.

    Returns:
        The same without LoadAnnotations, and without empty lists.
    """
    kept = []
    for step in steps:
        if isinstance(step, list | tuple):
            step = without_masks(step)
        elif step.get('transforms'):
            step = dict(step, transforms=without_masks(step['transforms']))
        elif step['type'].endswith(('LoadAnnotations', 'LoadMask')):
            continue
        if step:
            kept.append(step)
    return kept
