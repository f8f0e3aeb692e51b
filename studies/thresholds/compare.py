"""Every criterion on every set, its constant chosen with the tested data set left out."""

from collections.abc import Mapping, Sequence

import numpy as np

from ppl_mm.apis.thresholds.chooser import PRIOR_MASKS

from .criteria import FAMILIES, Criterion, spread
from .map_set import CUTS, MapSet
from .measure import Curves, miou

#: Draws of each number of masks.
DRAWS = 20


def compare(sets: Sequence[MapSet]) -> dict:
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
    return [gap[key] for key in ('seeds', 'refined') if key in gap]


def _gaps(rule: Criterion, curves: Curves) -> dict:
    cut = rule(curves.maps)
    if np.isnan(cut):  # the set lacks what the rule looks at
        return {}
    cut = float(np.clip(cut, 0.05, 0.95))
    found = dict(cut=cut, seeds=curves.gap(cut))
    if curves.refined is not None:
        found['refined'] = curves.gap(cut, refined=True)
    return {key: round(value, 3) for key, value in found.items()}


def few_masks(sets: Sequence[MapSet]) -> list[dict]:
    """Return the gaps of N masks, alone and with the maps as a prior.

    Args:
        sets: The maps.
    """
    return [
        dict(set=one.name, masks=number, **_draws(Curves(one), number))
        for one in sets
        for number in (0, 5, 20, 50)
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
