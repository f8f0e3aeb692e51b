"""How much of an image the objects of the given masks cover."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from ...utils.text import per_cent
from .facts import MaskFacts
from .scan import DatasetScan


@dataclass(frozen=True)
class ObjectShare:
    """Shares of an image over the images whose mask shows a class, 0..1.

    Attributes:
        images: How many.
        low: The 10 % quantile.
        median: The middle one.
        high: The 90 % quantile.
        mean: The mean.
    """

    images: int
    low: float
    median: float
    high: float
    mean: float

    def __str__(self) -> str:
        """Return the median, and the quantiles in brackets, in per cent."""
        low, median, high = map(per_cent, (self.low, self.median, self.high))
        return f'{median} % ({low} to {high})'


def class_shares(scan: DatasetScan) -> dict[str, ObjectShare]:
    """Return the shares of each class that a mask of an image in use shows."""
    masks = [mask for mask in scan.masks.values() if not mask.problem]
    found = {name: _share(masks, {number}) for number, name in enumerate(scan.classes, 1)}
    return {name: share for name, share in found.items() if share}


def object_share(scan: DatasetScan, split: str = '') -> ObjectShare | None:
    """Return the shares of all classes together in a split, or both; None if no mask shows one."""
    images = scan.split(split) if split else scan.used()
    masks = [scan.masks[image] for image in images if image in scan.masks]
    return _share(masks, range(1, len(scan.classes) + 1))


def _share(masks: Sequence[MaskFacts], values: Collection[int]) -> ObjectShare | None:
    shares = [
        count / (mask.size[0] * mask.size[1])
        for mask in masks
        if (count := sum(mask.pixels.get(value, 0) for value in values))
    ]
    if not shares:
        return None
    low, median, high = np.quantile(shares, (0.1, 0.5, 0.9)).tolist()
    return ObjectShare(len(shares), low, median, high, float(np.mean(shares)))
