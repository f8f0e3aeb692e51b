"""May classes whose maps are small be cut higher, each at a threshold of its own?

Hypothesis, written after tiles, clothing, voc6 and demo had been looked at, and before the others
were: a threshold that rises as the area of a class's map falls gains where classes differ in size
or objects are small, and never loses, since it only rises. It needs maps with a probe: without,
those of all sizes are equally large. ``mIoU / foreground IoU`` of labels that PAMR refined.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ppl_mm.cams import level
from ppl_mm.cams.auto_threshold import MapStatistics
from ppl_mm.cams.pseudo_label import LEVEL

from .map_set import CUTS, MapImage, MapSet
from .measure import Curves
from .report import markdown_table

#: Areas below which maps are cut higher than at 0.15, that were tried.
AREAS = (0.08, 0.1, 0.115, 0.13, 0.15)
_IRN = 0.15


def measure(sets: Sequence[MapSet]) -> list[dict]:
    """Return the scores of refined labels, in per cent, at each way to cut."""
    return [_row(one) for one in sets]


def _row(maps: MapSet) -> dict:
    seen, curves = MapStatistics(), Curves(maps)
    for cam_file in maps.cam_files():
        seen.update(cam_file)
    start = maps.auto.value
    by_area = {}
    for area in AREAS:
        higher = seen.compact_cuts(start, _IRN * area)
        cuts = [higher.get(k, start) for k in range(maps.num_classes)]
        by_area[f'{area:g}'] = dict(
            cuts=cuts, scores=scores_at(Curves(levelled(maps, cuts)), LEVEL)
        )
    best = best_cut(curves)
    return dict(
        set=maps.name,
        areas=[100 * seen.of_class(k).area() for k in range(maps.num_classes)],
        auto=dict(cut=start, scores=scores_at(curves, start)),
        by_area=by_area,
        best=dict(cut=best, scores=scores_at(curves, best)),
    )


def levelled(maps: MapSet, cuts: Sequence[float]) -> MapSet:
    """Return a set whose maps are all cut at one score, as those of classes are at theirs."""
    thresholds = np.array(cuts, np.float32)
    return replace(maps, images=[_levelled(one, thresholds) for one in maps.images])


def _levelled(image: MapImage, thresholds: np.ndarray) -> MapImage:
    own = thresholds[image.class_ids]
    refined = None if image.refined is None else level(image.refined, own)
    return replace(image, cam=level(image.cam, own), refined=refined)


def _curve(curves: Curves) -> tuple[np.ndarray, np.ndarray]:
    if curves.refined is None or curves.refined_foreground is None:
        return curves.seeds, curves.foreground
    return curves.refined, curves.refined_foreground


def best_cut(curves: Curves) -> float:
    """Return the threshold of the best mIoU of refined labels, if there are any."""
    return float(CUTS[np.argmax(_curve(curves)[0])])


def scores_at(curves: Curves, cut: float) -> list[float]:
    """Return mIoU and foreground IoU, in per cent, of refined labels, if there are any."""
    return [float(np.interp(cut, CUTS, curve)) for curve in _curve(curves)]


def table(found: Sequence[dict]) -> str:
    """Return a line for each set."""
    heads = ['maps', 'auto', *(f'below {area:g}' for area in AREAS), 'best threshold of all']
    rows = []
    for one in found:
        ways = [one['auto'], *one['by_area'].values(), one['best']]
        rows.append([one['set'], *('{:.1f} / {:.1f}'.format(*way['scores']) for way in ways)])
    return markdown_table(heads, rows)
