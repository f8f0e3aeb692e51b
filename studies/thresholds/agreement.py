"""Is a class surer where labels before and after PAMR agree than above a higher cut?

Hypothesis, written before the first run: where they agree, a class is right 5 points more often
than above the cut that leaves as much.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ppl_mm.cams import upsample_cam

from .map_set import MapSet
from .measure import Region, truth_shares
from .report import markdown_table

#: Cuts of the regions, times the threshold.
FACTORS = (1, 1.5)


def measure(sets: Sequence[MapSet]) -> list[dict]:
    """Return cover and precision in per cent; sets without refined maps are left out."""
    return [_row(one) for one in sets if any(image.refined is not None for image in one.shown)]


def _row(maps: MapSet) -> dict:
    cut, cells = maps.auto.value, list(_cells(maps))
    found: dict = dict(set=maps.name, cut=cut)
    for factor in FACTORS:
        agreed = Region()
        for score, same, right, known in cells:
            agreed.add(same & (score > factor * cut), right, known)
        scores = agreed.scores()
        found[f'{factor:g}'] = dict(scores, equal_cover=_equal_cover(cells, scores['cover']))
    return found


def _cells(maps: MapSet) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield of each refined image: the score, whether labels agree, what is right, and known."""
    cut = maps.auto.value
    for one in maps.shown:
        if one.refined is not None:
            size = one.refined.shape[1:]
            before = replace(one, cam=upsample_cam(one.cam, size).numpy())
            after = replace(one, cam=one.refined)
            same = (
                (before.label == after.label) & (before.strongest > cut) & (after.strongest > cut)
            )
            shares = truth_shares(one.mask, maps.num_classes, size).reshape(-1, size[0] * size[1])
            right = shares[before.label.ravel(), range(shares.shape[1])]
            yield before.strongest.ravel(), same.ravel(), right, shares.sum(axis=0)


def _equal_cover(cells: Sequence[tuple[np.ndarray, ...]], cover: float) -> float:
    """Return how much is right, in per cent, above the cut that leaves so much of the images."""
    score, _, right, known = (np.concatenate(parts) for parts in zip(*cells, strict=True))
    counts = np.array([len(one[0]) for one in cells])
    weight, order = np.repeat(1 / counts / len(cells), counts), np.argsort(-score)
    covered = 100 * (known * weight)[order].cumsum()
    last = min(int(np.searchsorted(covered, cover)), len(order) - 1)
    return float(1e4 * (right * weight)[order].cumsum()[last] / covered[last])


def table(found: Sequence[dict]) -> str:
    """Return a line for each set."""
    header, rows = ['maps'], [[one['set']] for one in found]
    for key in (f'{factor:g}' for factor in FACTORS):
        header += [f'agree above {key} x: cover, right', 'a cut of equal cover']
        for row, one in zip(rows, found, strict=True):
            row += ['{cover:.1f} %, {right:.1f}'.format(**one[key]), one[key]['equal_cover']]
    return markdown_table(header, rows)
