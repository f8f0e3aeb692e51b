"""Criteria that see no mask: larger is better. And what was expected of each before it was run."""

from collections.abc import Callable

import numpy as np

from .stage import Scene, Stage

#: Written before the runs.
HYPOTHESES = dict(
    after='Always take the later stage: right on voc6 and demo, and wrong where labels flood.',
    before='Never take the later stage: it loses 5 points on voc6.',
    agreement='Unrefined and refined labels agree more where maps follow the image. It prefers '
    'the later stage nearly always, since that has learned from labels that a CRF cut.',
    contrast='Colours inside and outside differ more in the better stage. It failed for '
    'thresholds of whole data sets, but here both labels are of the same images.',
    compact='Labels of a worse stage are scattered: fewer borders for the area are better. It '
    'prefers floods.',
    stable='The later stage is bad where it changes more than half of the labelled pixels.',
    both='agreement and stable: thought of after eight pairs, which say that agreement alone takes '
    'some worse stages that change nearly everything. It loses at most 2 points.',
    growth='A stage that runs away grows: the later one is bad where its labels cover 1.3 times '
    'as much as those before. It finds floods that grow, not floods that stay.',
    precise='The share of the labelled pixels that the CRF leaves labelled. It prefers floods '
    'less than agreement does.',
)


def agreement(stage: Stage, scenes: list[Scene]) -> float:
    """Return the mean IoU, over images with a class, of unrefined and refined labels."""
    shown = [s.image_id for s in scenes if len(_ids(stage, s))]
    return _mean(_iou(stage.raw[image_id], stage.refined[image_id]) for image_id in shown)


def precise(stage: Stage, scenes: list[Scene]) -> float:
    """Return the share of labelled pixels that refinement leaves as they are."""
    kept = [
        (stage.raw[s.image_id] == stage.refined[s.image_id])[stage.raw[s.image_id] > 0].mean()
        for s in scenes
        if (stage.raw[s.image_id] > 0).any()
    ]
    return _mean(kept)


def contrast(stage: Stage, scenes: list[Scene]) -> float:
    """Return the share of the colours' variance that labels explain, mean over images."""
    return _mean(_explained(s.image, stage.raw[s.image_id] > 0) for s in scenes)


def compact(stage: Stage, scenes: list[Scene]) -> float:
    """Return minus the length of borders for the root of the area, mean over images."""
    return -_mean(_border(stage.raw[s.image_id]) for s in scenes if stage.raw[s.image_id].any())


def covered(stage: Stage, scenes: list[Scene]) -> float:
    """Return the mean share of an image with maps that is labelled."""
    return _mean((stage.raw[s.image_id] > 0).mean() for s in scenes if len(_ids(stage, s)))


def change(before: Stage, after: Stage, scenes: list[Scene]) -> float:
    """Return 1 minus the IoU of both stages' labels, all images counted together."""
    same = either = 0
    for s in scenes:
        one, other = before.raw[s.image_id], after.raw[s.image_id]
        same += ((one == other) & (one > 0)).sum()
        either += ((one > 0) | (other > 0)).sum()
    return 1 - float(same / max(either, 1))


#: Of one stage alone; the stage with more is kept.
OF_STAGE: dict[str, Callable[[Stage, list[Scene]], float]] = dict(
    agreement=agreement, precise=precise, contrast=contrast, compact=compact, covered=covered
)


def decide(record: dict) -> dict[str, bool]:
    """Return for each criterion whether it takes the later stage.

    Args:
        record: Values of a pair: ``before`` and ``after``, each by criterion, and ``change``.
    """
    one, other = record['before'], record['after']
    found = dict(after=True, before=False, stable=record['change'] < 0.5)
    found['growth'] = other['covered'] <= 1.3 * one['covered']
    for name in ('agreement', 'precise', 'contrast', 'compact'):
        found[name] = other[name] >= one[name]
    found['both'] = found['agreement'] and found['stable']
    return found


def _ids(stage: Stage, scene: Scene) -> np.ndarray:
    return stage.cams[scene.image_id].class_ids


def _mean(values) -> float:
    values = list(values)
    return round(float(np.mean(values)), 4) if values else 0.0


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    either = ((one > 0) | (other > 0)).sum()
    return float(((one == other) & (one > 0)).sum() / max(either, 1))


def _explained(image: np.ndarray, inside: np.ndarray) -> float:
    pixels, inside = image.reshape(-1, 3).astype(np.float64), inside.ravel()
    if inside.all() or not inside.any():
        return 0.0
    parts = [pixels[inside], pixels[~inside]]
    between = sum(len(p) * ((p.mean(axis=0) - pixels.mean(axis=0)) ** 2).sum() for p in parts)
    return float(between / max(len(pixels) * pixels.var(axis=0).sum(), 1e-9))


def _border(label: np.ndarray) -> float:
    edges = (label[1:] != label[:-1]).sum() + (label[:, 1:] != label[:, :-1]).sum()
    return float(edges / np.sqrt((label > 0).sum()))
