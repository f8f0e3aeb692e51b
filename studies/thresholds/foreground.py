"""Foreground mIoU of a set at the threshold of ``auto``, and at the best one."""

from collections.abc import Sequence

import numpy as np

from .map_set import CUTS, MapSet
from .measure import Curves
from .report import markdown_table

PARTS = ('seeds', 'refined')


def measure(sets: Sequence[MapSet]) -> list[dict]:
    """Return foreground mIoU in per cent of CAM seeds, and of refined labels where they are."""
    return [_row(one) for one in sets]


def _row(maps: MapSet) -> dict:
    curves, auto = Curves(maps), maps.auto
    found = dict(set=maps.name, cut=auto.value, covers=100 * auto.covered)
    for part, curve in zip(PARTS, (curves.foreground, curves.refined_foreground), strict=True):
        if curve is not None:
            best = float(curve.max())
            found[part] = dict(auto=float(np.interp(auto.value, CUTS, curve)), best=best)
    return found


def table(found: Sequence[dict]) -> str:
    """Return a line for each set."""
    rows = []
    for one in found:
        parts = ['{auto:.1f} / {best:.1f}'.format(**one[k]) if k in one else '' for k in PARTS]
        rows.append([one['set'], f'{one["cut"]:.2f}', one['covers'], *parts])
    return markdown_table(['auto / best', 'threshold', 'covers, %', *PARTS], rows)
