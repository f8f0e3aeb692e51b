"""Every criterion on every set, its constant chosen with the tested data set left out."""

from collections.abc import Mapping, Sequence

import numpy as np

from .criteria import FAMILIES, Criterion
from .map_set import CUTS, MapSet
from .measure import Curves
from .report import PARTS, average, markdown_table

#: Rules with a constant that the table shows beside the one that other data sets choose.
FIXED = {
    'constant 0.15': ('constant', '0.15'),
    'constant 0.5': ('constant', '0.5'),
    'auto: mean + 0.5 std': ('mean + k std', '0.5'),
}


def measure(sets: Sequence[MapSet]) -> dict:
    """Return the gaps of all criteria: points of mIoU below the best cut of all masks.

    Args:
        sets: Maps of data sets; several networks may share one.
    """
    curves = [Curves(one) for one in sets]
    best = [_best(one) for one in curves]
    rules = {name: _rows(family, curves) for name, family in FAMILIES.items()}
    return dict(sets=[one.name for one in sets], best=best, criteria=rules)


def _best(curves: Curves) -> dict:
    found = dict(seeds=curves.seeds.max(), cut=CUTS[curves.seeds.argmax()])
    if curves.refined is not None:
        found |= dict(refined=curves.refined.max(), refined_cut=CUTS[curves.refined.argmax()])
    return {key: round(float(value), 2) for key, value in found.items()}


def _rows(family: Mapping[str, Criterion], curves: Sequence[Curves]) -> dict:
    """Return each constant's gaps, and those of the constant that other data sets choose."""
    names = [one.maps.family for one in curves]
    rows = {key: [_gaps(rule, one) for one in curves] for key, rule in family.items()}
    left_out = []
    for k, name in enumerate(names):
        # A data set counts once, however many networks made maps of it.
        key = min(rows, key=lambda key: _elsewhere(rows[key], names, name))
        left_out.append(dict(rows[key][k], constant=key))
    return dict(constants=rows, left_out=left_out)


def _elsewhere(gaps: Sequence[dict], names: Sequence[str], without: str) -> float:
    """Return the mean gap over the data sets but one, of CAM seeds and refined labels."""
    by_name: dict[str, list[float]] = {}
    for gap, name in zip(gaps, names, strict=True):
        if name != without:
            by_name.setdefault(name, []).extend(_both(gap))
    means = [np.mean(values) for values in by_name.values() if values]
    return float(np.mean(means)) if means else 0.0


def _both(gap: dict) -> list[float]:
    return [gap[key] for key in PARTS if key in gap]


def _gaps(rule: Criterion, curves: Curves) -> dict:
    cut = rule(curves.maps)
    if np.isnan(cut):  # the set lacks what the rule looks at
        return {}
    cut = float(np.clip(cut, 0.05, 0.95))
    found = dict(cut=cut, seeds=curves.gap(cut))
    if curves.refined is not None:
        found['refined'] = curves.gap(cut, refined=True)
    return {key: round(value, 3) for key, value in found.items()}


def table(found: dict) -> str:
    """Return a table of CAM seeds and one of refined labels: a line for each rule that applies."""
    parts = [part for part in PARTS if any(part in best for best in found['best'])]
    return '\n\n'.join(_table(found, part) for part in parts)


def _table(found: dict, part: str) -> str:
    families = sorted({name.split('.')[0] for name in found['sets']})
    best = (_mean(found, found['best'], family, part) for family in families)
    rows: list[list] = [['best (mIoU)', *best, '', '']]
    rules = {name: rule['left_out'] for name, rule in found['criteria'].items()}
    rules |= {name: found['criteria'][one]['constants'][key] for name, (one, key) in FIXED.items()}
    for name, gaps in rules.items():
        means = [_mean(found, gaps, family, part) for family in families]
        if values := [gap[part] for gap in gaps if part in gap]:
            rows.append([name, *means, average(means), max(values)])
    return markdown_table([part, *families, 'mean', 'worst set of maps'], rows)


def _mean(found: dict, gaps: list[dict], family: str, part: str) -> float:
    pairs = zip(found['sets'], gaps, strict=True)
    return average([g[part] for name, g in pairs if name.split('.')[0] == family and part in g])
