"""How large the images are that a network sees, as its config says."""

from collections.abc import Iterator, Sequence

from mmengine.config import Config

_USUAL_CROP = (384, 384)


def crop_size(cfg: Config) -> tuple[int, int]:
    """Return height and width of what a network is trained on."""
    sizes = [step['crop_size'] for step in _steps(cfg, 'train_pipeline') if 'crop_size' in step]
    size = sizes[-1] if sizes else _USUAL_CROP
    return (size, size) if isinstance(size, int) else tuple(size)


def view_pixels(cfg: Config, pipeline: str) -> float:
    """Return the pixels of a square image in all views of a pipeline together."""
    sides, flips = _views(cfg, pipeline)
    return flips * sum(side * side for side in sides)


def num_views(cfg: Config, pipeline: str) -> int:
    """Return how many views of an image a pipeline makes."""
    sides, flips = _views(cfg, pipeline)
    return flips * len(sides)


def _views(cfg: Config, pipeline: str) -> tuple[list[int], int]:
    """Return the sides of a square image in the views of a pipeline, and how often it flips."""
    sides = [step['scale'][0] for step in _steps(cfg, pipeline) if 'scale' in step]
    flips = sum(step['type'] == 'RandomFlip' for step in _steps(cfg, pipeline))
    return sides or [_USUAL_CROP[0]], max(flips, 1)


def _steps(cfg: Config, pipeline: str) -> list[dict]:
    return list(_flat(cfg.get(pipeline) or ()))


def _flat(steps: Sequence) -> Iterator[dict]:
    """Yield transforms, those inside others as well."""
    for step in steps:
        if isinstance(step, list | tuple):
            yield from _flat(step)
        else:
            yield step
            yield from _flat(step.get('transforms') or ())
