"""How good a threshold is that few masks choose: alone, and with the maps as a prior."""

from collections.abc import Sequence

import numpy as np

from ppl_mm.apis.thresholds.chooser import PRIOR_MASKS

from .criteria import spread
from .map_set import CUTS, MapSet
from .measure import Curves, miou
from .report import markdown_table

#: Draws of each number of masks.
DRAWS = 20
NUMBERS = (0, 5, 20, 50)


def measure(sets: Sequence[MapSet]) -> list[dict]:
    """Return the gaps of N masks: points of mIoU below the best threshold of all masks."""
    return [
        dict(set=curves.maps.name, masks=number, **_draws(curves, number))
        for curves in map(Curves, sets)
        for number in NUMBERS
    ]


def _draws(curves: Curves, number: int) -> dict:
    prior = spread(0.5)(curves.maps)
    shown = [k for k, one in enumerate(curves.maps.images) if len(one.class_ids)]
    rng, alone, both = np.random.default_rng(0), [], []
    for _ in range(DRAWS):
        if not number:
            both.append(curves.gap(prior))
            continue
        drawn = rng.choice(shown, min(number, len(shown)), replace=False)
        best = CUTS[np.nanargmax(miou(curves.by_image[drawn].sum(axis=0)))]
        alone.append(curves.gap(best))
        both.append(curves.gap((number * best + PRIOR_MASKS * prior) / (number + PRIOR_MASKS)))
    found = {}
    for name, gaps in (('alone', alone), ('with_prior', both)):
        if gaps:
            found |= {name: round(float(np.mean(gaps)), 2), f'{name}_worst': round(max(gaps), 2)}
    return found


def table(found: Sequence[dict]) -> str:
    """Return a line for each number of masks, over all sets."""
    worst, lines = ('worst set', 'worst draw'), []
    for number in sorted({row['masks'] for row in found}):
        some = [row for row in found if row['masks'] == number]
        cells: list = [number]
        for name in ('alone', 'with_prior'):
            values = [row[name] for row in some if name in row]
            draws = [row[f'{name}_worst'] for row in some if name in row]
            cells += [float(np.mean(values)), max(values), max(draws)] if values else ['', '', '']
        lines.append(cells)
    return markdown_table(['masks', 'alone: mean', *worst, 'with maps: mean', *worst], lines)
