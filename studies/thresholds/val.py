"""Thresholds of train on the maps of val."""

from collections.abc import Sequence

import numpy as np

from .map_set import CUTS, MapSet
from .measure import Curves
from .report import markdown_table

#: Constants beside the rule.
CONSTANTS = (0.15, 0.5)


def measure(sets: Sequence[MapSet], val: Sequence[MapSet]) -> list[dict]:
    """Return points of mIoU below the best threshold of val's masks.

    Args:
        sets: Maps of train.
        val: Maps of val of the same networks, by the same names.
    """
    train = {one.name: one for one in sets}
    return [_row(train[one.name], one) for one in val]


def _row(train: MapSet, val: MapSet) -> dict:
    curves, cut = Curves(val), train.auto.value
    found = dict(set=val.name, images=len(val.images), best=float(CUTS[curves.seeds.argmax()]))
    found |= dict(miou=round(float(curves.seeds.max()), 2), cut=cut, auto=round(curves.gap(cut), 2))
    return found | {f'{one:g}': round(curves.gap(one), 2) for one in CONSTANTS}


def table(found: Sequence[dict]) -> str:
    """Return a line for each set, and the mean."""
    keys = ['auto', *(f'{one:g}' for one in CONSTANTS)]
    rows = [[one['set'], one['miou'], *(one[key] for key in keys)] for one in found]
    rows.append(['mean', '', *(float(np.mean([one[key] for one in found])) for key in keys)])
    return markdown_table(['val', 'best threshold: mIoU', *keys], rows)
