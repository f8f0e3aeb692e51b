"""Where should maps with a probe be cut?

Hypothesis: a probe brings maps to one scale, so one constant is as good as mean + 0.5 standard
deviations, which rises with what maps cover; only maps that flood must be cut higher. It was
written after clothing, tiles, demo and voc6 had been looked at. The factor of the mean was looked
at on all sets. ``mIoU / foreground IoU`` of labels that PAMR refined; classes whose maps are small
are cut higher.
"""

from collections.abc import Sequence

import numpy as np

from ppl_mm.cams.auto_threshold import MapStatistics
from ppl_mm.cams.pseudo_label import LEVEL

from .compact import best_cut, levelled, scores_at
from .map_set import MapSet
from .measure import Curves
from .report import markdown_table

CONSTANTS = (0.1, 0.12, 0.15, 0.17, 0.2, 0.25)
FACTORS = (1.6, 1.8, 2.0, 2.2)
_IRN = 0.15


def measure(sets: Sequence[MapSet]) -> list[dict]:
    """Return the scores of refined labels, in per cent, at each way to cut."""
    return [_row(one) for one in sets]


def _row(maps: MapSet) -> dict:
    seen, mean = MapStatistics(), float(np.mean([one.strongest.mean() for one in maps.shown]))
    for cam_file in maps.cam_files():
        seen.update(cam_file)
    ways = {'mean + 0.5 std': maps.auto.value}
    ways |= {f'{cut:g}': cut for cut in CONSTANTS}
    ways |= {f'or {factor:g} x mean': max(_IRN, factor * mean) for factor in FACTORS}
    found = {way: dict(cut=cut, scores=_scores(maps, seen, cut)) for way, cut in ways.items()}
    curves = Curves(maps)
    best = best_cut(curves)
    return dict(set=maps.name, ways=found, best=dict(cut=best, scores=scores_at(curves, best)))


def _scores(maps: MapSet, seen: MapStatistics, start: float) -> list[float]:
    higher = seen.compact_cuts(start)
    if not higher:
        return scores_at(Curves(maps), start)
    cuts = [higher.get(k, start) for k in range(maps.num_classes)]
    return scores_at(Curves(levelled(maps, cuts)), LEVEL)


def table(found: Sequence[dict]) -> str:
    """Return a line for each way, a column for each set, and the mean over sets."""
    sets = [one['set'].partition('.')[0] for one in found]
    rows = []
    for way in [*found[0]['ways'], 'best']:
        scores = [(one['best'] if way == 'best' else one['ways'][way])['scores'] for one in found]
        cells = [*scores, np.mean(scores, axis=0)]
        rows.append([way, *('{:.1f} / {:.1f}'.format(*cell) for cell in cells)])
    return markdown_table(['cut', *sets, 'mean'], rows)
