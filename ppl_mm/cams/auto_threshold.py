"""A threshold for the maps of a split that has no masks."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import UserError
from ..formats.cam_file import CamFile

#: The cut of maps in 0..1 where nothing else is known. On nine sets of maps the best cuts lay
#: between 0.20 and 0.75, and 0.5 was 2.8 points of mIoU below them in the mean (0.15: 11.9).
RELATIVE_CUT = 0.5
#: The cuts among which a rule chooses.
CUTS = tuple(round(0.01 * step, 2) for step in range(5, 96))


@dataclass(frozen=True)
class AutoThreshold:
    """A threshold that no mask has chosen, and why it is this one.

    Args:
        value: The threshold, 0..1.
        rule: What chose it, in a few words.
        covered: Mean share of an image with a class that it leaves, 0..1.
        num_images: Images with a class that were looked at.
    """

    value: float
    rule: str
    covered: float
    num_images: int


class Coverage:
    """How much of an image the maps of a split cover at each threshold.

    The score of a cell is that of its strongest class, as in a pseudo-label. Images without
    a class are left out: their labels are background at each threshold.

    Examples:
        >>> coverage = Coverage()
        >>> cam = np.array([[[1.0, 0.6], [0.3, 0.0]]])
        >>> coverage.update(CamFile(class_ids=[0], cam=cam, size=(8, 8)))
        >>> coverage.at(0.5)
        0.5
    """

    def __init__(self) -> None:
        self.num_images = 0
        self._above = np.zeros(len(CUTS))  # summed over images

    def update(self, cam_file: CamFile) -> None:
        """Look at the maps of one image."""
        if not len(cam_file.class_ids):
            return
        score = np.sort(cam_file.cam.max(axis=0), axis=None).astype(np.float32)
        # Both in float32, as in label_from_cam.
        below = np.searchsorted(score, np.array(CUTS, np.float32), side='right')
        self._above += 1 - below / len(score)
        self.num_images += 1

    def at(self, cut: float) -> float:
        """Return the mean share of an image that is above one of :data:`CUTS`."""
        return float(self.curve()[CUTS.index(cut)])

    def curve(self) -> np.ndarray:
        """Return the mean share of an image above each of :data:`CUTS`, falling."""
        return self._above / max(self.num_images, 1)


def choose_threshold(
    cams: Iterable[CamFile], expected_area: tuple[float, float] | None = None
) -> AutoThreshold:
    """Return a threshold for maps without masks.

    It is :data:`RELATIVE_CUT`, or the nearest cut at which the labels cover as much of an image
    as is expected.

    Args:
        cams: The maps of a split, in any order.
        expected_area: Smallest and largest mean share of an image with a class that its
            objects cover, 0..1. Defaults to None: not known.

    Raises:
        UserError: If no image has a class, or no cut covers as much as is expected.
    """
    coverage = Coverage()
    for cam_file in cams:
        coverage.update(cam_file)
    if not coverage.num_images:
        raise UserError(
            '--threshold auto: no image of the split has a class, so there is nothing to cut; '
            'give a number, or another --split'
        )
    value, rule = RELATIVE_CUT, f'{RELATIVE_CUT:g} of the strongest cell'
    if expected_area is not None:
        value, rule = _within(coverage, *expected_area)
    return AutoThreshold(value, rule, coverage.at(value), coverage.num_images)


def _within(coverage: Coverage, low: float, high: float) -> tuple[float, str]:
    """Return the cut nearest to the relative one that covers ``low`` to ``high``."""
    covered = coverage.curve()
    inside = [cut for cut, share in zip(CUTS, covered, strict=True) if low <= share <= high]
    if inside:
        cut = min(inside, key=lambda one: abs(one - RELATIVE_CUT))
    else:  # the cuts are too coarse for so narrow a range, or the maps never cover so much
        cut = CUTS[int(np.abs(covered - (low + high) / 2).argmin())]
    return cut, f'expected area {100 * low:g}-{100 * high:g} %'
