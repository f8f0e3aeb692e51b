"""How much of an image confident regions cover, and how much of that is right.

``configs/own/confident_own.py`` takes a class above 1.5 times the threshold, and background below
half of it; IRN takes constants.
"""

from collections.abc import Sequence

from .map_set import MapSet
from .measure import Region, truth_shares
from .report import markdown_table

#: The cuts of class and background at a threshold.
KINDS = dict(irn=lambda cut: (0.30, 0.05), relative=lambda cut: (1.5 * cut, 0.5 * cut))
PARTS = ('class', 'background')


def measure(sets: Sequence[MapSet]) -> list[dict]:
    """Return cover and precision of both regions, in per cent, of images with a class."""
    return [_row(one) for one in sets]


def _row(maps: MapSet) -> dict:
    cut = maps.auto.value
    regions = {(kind, part): Region() for kind in KINDS for part in PARTS}
    for one in maps.shown:
        shares = truth_shares(one.mask, maps.num_classes, one.cam.shape[1:]).reshape(
            maps.num_classes + 1, -1
        )
        score, label = one.strongest.ravel(), one.label.ravel()
        right, known = shares[label, range(len(label))], shares.sum(axis=0)
        for kind, cuts in KINDS.items():
            high, low = cuts(cut)
            regions[kind, 'class'].add(score > high, right, known)
            regions[kind, 'background'].add(score <= low, shares[0], known)
    found = {f'{kind} {part}': one.scores() for (kind, part), one in regions.items()}
    return dict(set=maps.name, cut=cut, **found)


def table(found: Sequence[dict]) -> str:
    """Return a line for each set."""
    keys = [f'{kind} {part}' for part in PARTS for kind in KINDS]
    rows = [
        [one['set'], *('{cover:.0f} %, {right:.0f}'.format(**one[k]) for k in keys)]
        for one in found
    ]
    return markdown_table(['cover, right', *keys], rows)
