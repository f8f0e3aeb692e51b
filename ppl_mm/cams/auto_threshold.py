"""A threshold for the maps of a split that has no masks."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..formats.cam_file import CamFile
from ..formats.export_record import Threshold
from ..utils.text import per_cent

#: IRN's fixed background score (Ahn et al., CVPR 2019, run_sample.py), used
#: where no threshold is given and no mask may choose one.
DEFAULT_THRESHOLD = 0.15
#: The option, and the value of a config's ``export_threshold``, for a threshold without masks.
AUTO = 'auto'
#: Standard deviations above the mean of an image's map at which it is cut.
SPREAD = 0.5
#: Maps with a probe are cut at IRN's threshold, or at so many times their mean if that is higher:
#: then they flood.
FLOOD = 1.8
#: A threshold times the area of maps, a share of an image: a class whose maps are smaller is cut
#: higher, since the map of a small object is as wide as the network sees. It is IRN's threshold
#: where maps cover a tenth.
COMPACT = 0.1 * DEFAULT_THRESHOLD
#: The threshold of a split without a single map.
NO_MAPS = 0.5
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


class MapStatistics:
    """What the maps of a split look like: how high they are, how much they cover.

    The score of a cell is that of its strongest class, as in a pseudo-label. Images without a
    class are left out: their labels are background at each threshold.

    Examples:
        >>> seen = MapStatistics()
        >>> cam = np.array([[[1.0, 0.6], [0.3, 0.0]]])
        >>> seen.update(CamFile(class_ids=[3], cam=cam, size=(8, 8)))
        >>> seen.covered(0.5), seen.of_class(3).covered(0.5)
        (0.5, 0.5)
    """

    def __init__(self) -> None:
        self.num_images = 0
        # All are summed over images.
        self._mean = self._level = self._area = self._square = 0.0
        self._above = np.zeros(len(CUTS))
        self._of_class: dict[int, MapStatistics] = {}

    def update(self, cam_file: CamFile) -> None:
        """Look at the maps of one image."""
        if not len(cam_file.class_ids):
            return
        strongest, index = cam_file.cam.max(axis=0), cam_file.cam.argmax(axis=0)
        self._add(strongest, strongest)
        for k, class_id in enumerate(cam_file.class_ids.tolist()):
            self._of_class.setdefault(class_id, MapStatistics())._add(
                np.where(index == k, strongest, 0), cam_file.cam[k]
            )

    def _add(self, cells: np.ndarray, cam: np.ndarray) -> None:
        """Look at the scores of the cells of one image, and at the map that they come from."""
        score = np.sort(cells, axis=None).astype(np.float32)
        # Both in float32, as in label_from_cam.
        below = np.searchsorted(score, np.array(CUTS, np.float32), side='right')
        self._above += 1 - below / len(score)
        self._mean += float(score.mean())
        self._level += float(score.mean() + SPREAD * score.std())
        area = map_area(cam)
        self._area += area
        self._square += area * area
        self.num_images += 1

    def of_class(self, class_id: int) -> 'MapStatistics':
        """Return what is seen of one class: where it is the strongest, in the images that show it.

        Args:
            class_id: Its id.
        """
        return self._of_class.get(class_id, MapStatistics())

    def merge(self, other: 'MapStatistics') -> None:
        """Add what was seen on other images."""
        self.num_images += other.num_images
        self._mean += other._mean
        self._level += other._level
        self._area += other._area
        self._square += other._square
        self._above += other._above
        for class_id, seen in other._of_class.items():
            self._of_class.setdefault(class_id, MapStatistics()).merge(seen)

    def level(self, probed: bool = False) -> tuple[float, str]:
        """Return the threshold of these maps where nothing is known of objects, and why.

        Args:
            probed: Whether they have a probe. Defaults to False.
        """
        images = max(self.num_images, 1)
        if not probed:
            return self._level / images, f'mean + {SPREAD:g} standard deviations of the maps'
        flood = FLOOD * self._mean / images
        if flood > DEFAULT_THRESHOLD:
            return flood, f'{FLOOD:g} times the mean of the maps, which cover much'
        return DEFAULT_THRESHOLD, f'{DEFAULT_THRESHOLD:g}, as IRN, for maps with a probe'

    def compact_cuts(self, start: float, compact: float = COMPACT) -> dict[int, float]:
        """Return higher thresholds of the classes whose maps are small, by class id.

        Args:
            start: That of all classes.
            compact: A threshold times the area of maps. Defaults to :data:`COMPACT`.
        """
        cuts = {k: compact / max(seen.area(), compact) for k, seen in self._of_class.items()}
        return {k: _nearest_cut(cut) for k, cut in sorted(cuts.items()) if cut > start}

    def area(self) -> float:
        """Return the mean over images of the area of a map, see :func:`map_area`.

        Each image weighs as much as that area: if objects of a class differ in size, most of its
        pixels are in the large ones.
        """
        return self._square / self._area if self._area else 0.0

    def covered(self, cut: float) -> float:
        """Return the mean share of an image that is above one of :data:`CUTS`."""
        return float(self.coverage()[CUTS.index(cut)])

    def coverage(self) -> np.ndarray:
        """Return the mean share of an image above each of :data:`CUTS`, falling."""
        return self._above / max(self.num_images, 1)

    def covered_by(self, threshold: Threshold) -> float:
        """Return the mean share of an image that labels at any threshold cover, about.

        Args:
            threshold: One for all classes, or one for each.
        """
        if not isinstance(threshold, list):
            return float(np.interp(threshold, CUTS, self.coverage()))
        shares = [
            seen.num_images * seen.covered_by(threshold[class_id])
            for class_id, seen in self._of_class.items()
        ]
        return sum(shares) / max(self.num_images, 1)

    def within(self, start: float, low: float, high: float) -> float:
        """Return the cut nearest to one at which labels cover a share of an image.

        Args:
            start: The one.
            low: The smallest share, 0..1.
            high: The largest one.
        """
        covered = self.coverage()
        inside = [cut for cut, share in zip(CUTS, covered, strict=True) if low <= share <= high]
        if inside:
            return min(inside, key=lambda cut: abs(cut - start))
        # The range is narrower than the steps, or the maps never cover so little or so much.
        return CUTS[int(np.abs(covered - (low + high) / 2).argmin())]

    def choose(
        self,
        expected_area: tuple[float, float] | None = None,
        box_share: float | None = None,
        probed: bool = False,
    ) -> AutoThreshold:
        """Return the threshold of these maps, see :func:`choose_threshold`."""
        if not self.num_images:  # all labels are background, whatever the threshold
            return AutoThreshold(NO_MAPS, 'no image of the split has a class', 0.0, 0)
        level, rule = self.level(probed)
        value = _nearest_cut(level)
        if expected_area is not None:
            value = self.within(value, *expected_area)
            rule = 'expected area {:g}-{:g} %'.format(*(100 * share for share in expected_area))
        elif box_share is not None and self.covered(value) > box_share:
            value = self.within(value, 0, box_share)
            rule = f'at most the {per_cent(box_share)} % of an image that boxes cover'
        return AutoThreshold(value, rule, self.covered(value), self.num_images)


def map_area(cam: np.ndarray) -> float:
    """Return how much of an image a map (h, w) covers, 0..1, wherever it might be cut.

    It is the participation ratio of its cells: the share of an image where a flat map is, and less
    where few cells are far stronger than the others; 0 for an empty map.
    """
    cam = cam.astype(np.float32)
    squares = float(np.square(cam).sum())
    return float(cam.sum()) ** 2 / (squares * cam.size) if squares else 0.0


def _nearest_cut(level: float) -> float:
    return min(CUTS, key=lambda cut: abs(cut - level))


def choose_threshold(
    cams: Iterable[CamFile],
    expected_area: tuple[float, float] | None = None,
    box_share: float | None = None,
    probed: bool = False,
) -> AutoThreshold:
    """Return a threshold for maps without masks.

    A map of a small object is low almost everywhere; a map that floods is high almost everywhere.
    So the cut lies half a standard deviation above the mean of an image's map, averaged over the
    images. A probe brings maps to one scale: they are cut at :data:`DEFAULT_THRESHOLD` unless they
    flood, see :data:`FLOOD`. Where the objects' area is known, it is the nearest cut at which the
    labels cover as much. Objects cover at most their boxes: labels that cover more are cut until
    they do not.

    Args:
        cams: The maps of a split, in any order.
        expected_area: Smallest and largest mean share of an image with a class that its objects
            cover, 0..1. Defaults to None: not known.
        box_share: The mean share of such an image that boxes around its objects cover; an expected
            area overrules it. Defaults to None: not known.
        probed: Whether the maps have a probe, see :class:`ppl_mm.LinearProbe`. Defaults to False.
    """
    seen = MapStatistics()
    for cam_file in cams:
        seen.update(cam_file)
    return seen.choose(expected_area, box_share, probed)
