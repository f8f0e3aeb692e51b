"""May the boxes of objects bound what ``auto`` covers?

Hypothesis, written before the first run: leaves gain 10 points or more, no set loses more than 1,
cracks do not change, and 0.65 of the area of the boxes is the best bound. Boxes are drawn around
the parts of masks; parts that nearly touch share one.
"""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from ppl_mm.cams import choose_threshold

from .map_set import CUTS, MapSet
from .measure import Curves
from .report import markdown_table

#: Bounds that were tried, times the area of the boxes.
FACTORS = (1, 0.8, 0.65, 0.5)
# Parts that meet when each grows by this share of the long side have one box.
_GROWN = 0.01


def box_share(mask: np.ndarray, num_classes: int) -> float:
    """Return the share of an image that boxes around its objects cover.

    Args:
        mask: The ground truth, (H, W); values above ``num_classes`` are void.
        num_classes: Foreground classes.
    """
    covered = np.zeros(mask.shape, bool)
    reach = 2 * max(1, round(_GROWN * max(mask.shape))) + 1
    for value in range(1, num_classes + 1):
        parts = mask == value
        near, _ = ndimage.label(ndimage.maximum_filter(parts, reach), np.ones((3, 3)))
        for box in ndimage.find_objects(np.where(parts, near, 0)):
            if box is not None:
                covered[box] = True
    return float(covered.mean())


def measure(sets: Sequence[MapSet]) -> list[dict]:
    """Return covers and foreground mIoU of unrefined labels, in per cent, at each bound."""
    return [_row(one) for one in sets]


def _row(maps: MapSet) -> dict:
    curve, classes = Curves(maps).foreground, maps.num_classes
    masks = [one.mask for one in maps.images if ((one.mask > 0) & (one.mask <= classes)).any()]
    boxes = float(np.mean([box_share(one, classes) for one in masks]))
    objects = float(np.mean([((one > 0) & (one <= classes)).mean() for one in masks]))
    bounds = {}
    for factor in FACTORS:
        cut = choose_threshold(maps.cam_files(), box_share=factor * boxes).value
        bounds[f'{factor:g}'] = _at(curve, cut)
    return dict(
        set=maps.name,
        images=len(masks),
        objects=100 * objects,
        boxes=100 * boxes,
        covers=100 * maps.auto.covered,
        auto=_at(curve, maps.auto.value),
        bounds=bounds,
        best=_at(curve, float(CUTS[np.nanargmax(curve)])),
    )


def _at(curve: np.ndarray, cut: float) -> list[float]:
    return [round(cut, 2), float(np.interp(cut, CUTS, curve))]


def table(found: Sequence[dict]) -> str:
    """Return a line for each set."""
    heads = ['objects cover, %', 'boxes', 'auto covers', 'auto']
    heads += [*(f'{factor:g} x' for factor in FACTORS), 'best threshold']
    rows = []
    for one in found:
        ious = [one['auto'], *one['bounds'].values(), one['best']]
        cells = [one['objects'], one['boxes'], one['covers'], *(iou for _, iou in ious)]
        rows.append([one['set'], *cells])
    return markdown_table(['maps', *heads], rows)
