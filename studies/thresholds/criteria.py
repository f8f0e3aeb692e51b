"""Rules that choose a threshold without masks, each with what was expected of it.

The constant, Otsu's threshold, the spread and the coverage were tried on a few maps before their
hypotheses were written down; the others were not. ``figures.md`` says what came of them.
"""

from collections.abc import Callable

import numpy as np

from .map_set import CUTS, MapSet

Criterion = Callable[[MapSet], float]
# At the ends there is nothing left to compare.
_TRIED = CUTS[9:90:5]  # 0.10, 0.15, .. 0.90


def constant(cut: float) -> Criterion:
    """Return the same cut for all sets.

    Hypothesis: 0.5 or a little less is hard to beat, since maps are divided by their maximum.
    """
    return lambda maps: cut


def spread(deviations: float) -> Criterion:
    """Return the mean of an image's map and so many standard deviations, averaged over images.

    Hypothesis: what floods has a high mean, so it is cut higher; gap below that of a constant.
    """

    def choose(maps: MapSet) -> float:
        """Return the cut that the maps give."""
        levels = [one.strongest.mean() + deviations * one.strongest.std() for one in maps.shown]
        return float(np.mean(levels))

    return choose


def otsu(maps: MapSet) -> float:
    """Return Otsu's cut of each image, the median over images.

    Hypothesis: maps are not bimodal, so it is not better than a constant.
    """
    return float(np.median([_otsu(one.strongest.ravel()) for one in maps.shown]))


def _otsu(values: np.ndarray) -> float:
    counts, edges = np.histogram(values, bins=100, range=(0, 1))
    share, middle = counts / counts.sum(), (edges[:-1] + edges[1:]) / 2
    weight, mean = share.cumsum(), (share * middle).cumsum()
    with np.errstate(invalid='ignore', divide='ignore'):
        between = (mean[-1] * weight - mean) ** 2 / (weight * (1 - weight))
    return float(edges[1:][np.nan_to_num(between, posinf=0).argmax()])


def coverage(share: float) -> Criterion:
    """Return the cut at which labels cover the same share of an image on every set.

    Hypothesis: objects of the sets differ too much in size; worse than a constant.
    """
    return lambda maps: float(
        np.quantile(np.concatenate([one.strongest.ravel() for one in maps.shown]), 1 - share)
    )


def soft_area(factor: float) -> Criterion:
    """Return the cut at which labels cover ``factor`` times the mean of the maps.

    A head with mean pooling is trained on that mean, so the score predicts a coverage.
    Hypothesis: as good as the spread.
    """

    def choose(maps: MapSet) -> float:
        """Return the cut whose share of cells comes closest."""
        values = [one.strongest.ravel() for one in maps.shown]
        wanted = factor * np.mean([one.mean() for one in values])
        above = [np.mean([(one > cut).mean() for one in values]) for cut in CUTS]
        return float(CUTS[np.abs(np.array(above) - wanted).argmin()])

    return choose


def view_stability(maps: MapSet) -> float:
    """Return the cut at which the labels of two views agree best (Cohen's kappa).

    Hypothesis: views agree where the object ends, and disagree in the noise around it.
    """
    pairs = [one.views / _peaks(one.views) for one in maps.shown if one.views is not None]
    pairs = [one.max(axis=1) for one in pairs]  # (views, h, w)
    return _best([_mean([_kappa(*(one[:2] > cut)) for one in pairs]) for cut in _TRIED])


def refinement_stability(maps: MapSet) -> float:
    """Return the cut at which PAMR changes the label least (Cohen's kappa).

    Hypothesis: a label that follows the image already is left alone.
    """
    pairs = []
    for one in maps.shown:
        if one.refined is not None:
            refined = one.refined.max(axis=0)
            rows = np.arange(one.cam.shape[1]) * len(refined) // one.cam.shape[1]
            columns = np.arange(one.cam.shape[2]) * refined.shape[1] // one.cam.shape[2]
            pairs.append((one.strongest, refined[rows][:, columns]))
    return _best([_mean([_kappa(a > cut, b > cut) for a, b in pairs]) for cut in _TRIED])


def boundary_contrast(maps: MapSet) -> float:
    """Return the cut whose border lies on the strongest edges of the image.

    Hypothesis: none; a prototype was 14 points below the best.
    """
    edges = [_edges(one.picture) for one in maps.shown if one.picture is not None]
    maps_of = [one.strongest for one in maps.shown if one.picture is not None]
    return _best(
        [
            _mean([_on_border(m > cut, e) for m, e in zip(maps_of, edges, strict=True)])
            for cut in _TRIED
        ]
    )


def median_of(*criteria: Criterion) -> Criterion:
    """Return the median of several rules.

    Hypothesis: a rule that fails on one set is outvoted.
    """
    return lambda maps: float(np.median([one(maps) for one in criteria]))


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float('nan')


def _best(values: list) -> float:
    """Return the best of the cuts; NaN where there is nothing to compare."""
    return float('nan') if np.isnan(values).all() else float(_TRIED[np.nanargmax(values)])


def _peaks(views: np.ndarray) -> np.ndarray:
    return np.maximum(views.max(axis=(2, 3), keepdims=True), 1e-6)


def _kappa(one: np.ndarray, other: np.ndarray) -> float:
    agreed, a, b = (one == other).mean(), one.mean(), other.mean()
    chance = a * b + (1 - a) * (1 - b)
    return (agreed - chance) / (1 - chance) if chance < 1 else 0.0


def _edges(picture: np.ndarray) -> np.ndarray:
    grey = picture.mean(axis=2)
    strength = np.hypot(*np.gradient(grey))
    return strength / max(strength.mean(), 1e-6)


def _on_border(label: np.ndarray, edges: np.ndarray) -> float:
    inner = label[1:-1, 1:-1]
    neighbours = [label[:-2, 1:-1], label[2:, 1:-1], label[1:-1, :-2], label[1:-1, 2:]]
    border = np.logical_or.reduce([one != inner for one in neighbours])
    return float(edges[1:-1, 1:-1][border].mean()) if border.any() else 0.0


#: What the study compares; lists of one rule differ in a constant, which is chosen with the
#: tested data set left out.
FAMILIES: dict[str, dict[str, Criterion]] = {
    'constant': {f'{cut:g}': constant(cut) for cut in np.round(np.arange(0.15, 0.66, 0.05), 2)},
    'mean + k std': {f'{k:g}': spread(k) for k in np.round(np.arange(0.2, 1.3, 0.1), 1)},
    'Otsu': {'': otsu},
    'same coverage': {f'{s:g}': coverage(s) for s in (0.1, 0.15, 0.2, 0.25, 0.3)},
    'coverage from the mean': {f'{f:g}': soft_area(f) for f in (0.5, 0.7, 0.9, 1.1, 1.3)},
    'views agree': {'': view_stability},
    'PAMR changes least': {'': refinement_stability},
    'edges under the border': {'': boundary_contrast},
    'median of spread, Otsu, coverage': {'': median_of(spread(0.5), otsu, coverage(0.25))},
}
