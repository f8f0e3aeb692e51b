"""mIoU at each threshold, from cells that know how much of each class they hold."""

import numpy as np

from ppl_mm.evaluation import mean_scores
from studies.own.maps import foreground_iou

from .map_set import CUTS, MapImage, MapSet


def truth_shares(mask: np.ndarray, num_classes: int, size: tuple[int, int]) -> np.ndarray:
    """Return how much of each cell belongs to each class, (1 + C, h, w); void is left out."""
    (height, width), (rows, columns) = mask.shape, size
    cell = (np.arange(height) * rows // height)[:, None] * columns
    cell = cell + np.arange(width) * columns // width
    cells, known = rows * columns, mask <= num_classes
    keys = (mask.astype(np.int64) * cells + cell)[known]
    counts = np.bincount(keys, minlength=(num_classes + 1) * cells)
    return counts.reshape(num_classes + 1, rows, columns) * (cells / mask.size)


def confusion_curve(image: MapImage, num_classes: int, refined: bool = False) -> np.ndarray:
    """Return the confusion matrix of an image at each cut, (T, 1 + C, 2 + C), as the product's."""
    curve = np.zeros((len(CUTS), num_classes + 1, num_classes + 2))
    maps = image.refined if refined and image.refined is not None else image.cam
    if not len(image.class_ids):
        curve[:, :, 0] = truth_shares(image.mask, num_classes, (8, 8)).sum(axis=(1, 2))
        return curve * (256 / 64)
    shares = truth_shares(image.mask, num_classes, maps.shape[1:]).reshape(num_classes + 1, -1)
    score, winner = maps.max(axis=0).ravel(), maps.argmax(axis=0).ravel()
    below = np.searchsorted(CUTS.astype(np.float32), score.astype(np.float32), side='left')
    for position, class_id in enumerate(image.class_ids):
        won = winner == position
        for row in range(num_classes + 1):
            counts = np.bincount(below[won], shares[row, won], minlength=len(CUTS) + 1)
            curve[:, row, class_id + 1] = counts[::-1].cumsum()[::-1][1:]
    curve[:, :, 0] = shares.sum(axis=1) - curve[:, :, 1:].sum(axis=2)
    return curve * (256 / shares.shape[1])  # an image counts as much whatever its cells


class Region:
    """How much of the images a region covers, each image counted alike, and how much is right."""

    def __init__(self) -> None:
        self.images, self.cover, self.right = 0, 0.0, 0.0

    def add(self, inside: np.ndarray, right: np.ndarray, known: np.ndarray) -> None:
        """Count one image.

        Args:
            inside: The cells of the region, bool, (cells,).
            right: How much of each cell the region is right about, 0..1, (cells,).
            known: How much of each cell is not void, 0..1, (cells,).
        """
        self.images += 1
        self.cover += known[inside].sum() / len(known)
        self.right += right[inside].sum() / len(known)

    def scores(self) -> dict[str, float]:
        """Return both in per cent; nothing is right where nothing is covered."""
        right = self.right / max(self.cover, 1e-9)
        return dict(cover=100 * self.cover / max(self.images, 1), right=100 * right)


def miou(confusion: np.ndarray) -> np.ndarray:
    """Return the mIoU in per cent of matrices (.., 1 + C, 2 + C)."""
    return 100 * mean_scores(confusion)['mIoU']


def _foreground(confusion: np.ndarray) -> np.ndarray:
    return np.array([100 * foreground_iou(matrix) for matrix in confusion])


class Curves:
    """The sweep of a set: of CAM seeds, and of refined labels where they were made."""

    def __init__(self, maps: MapSet) -> None:
        self.maps = maps
        self.by_image = np.array([confusion_curve(one, maps.num_classes) for one in maps.images])
        total = self.by_image.sum(axis=0)
        self.seeds = miou(total)  # (T,)
        self.foreground = _foreground(total)  # (T,)
        done = [one for one in maps.shown if one.refined is not None]
        self.refined = self.refined_foreground = None
        if done:
            total = sum(confusion_curve(one, maps.num_classes, refined=True) for one in done)
            negatives = [i for i, one in enumerate(maps.images) if not len(one.class_ids)]
            # As many negatives for each image with a class as the whole set has.
            total = total + self.by_image[negatives].sum(axis=0) * len(done) / len(maps.shown)
            self.refined, self.refined_foreground = miou(total), _foreground(total)

    def at(self, cut: float) -> float:
        """Return the mIoU of CAM seeds at a cut, in per cent."""
        return float(np.interp(cut, CUTS, self.seeds))

    def gap(self, cut: float, refined: bool = False) -> float:
        """Return how many points of mIoU a cut is below the best one."""
        curve = self.refined if refined else self.seeds
        return float(curve.max() - np.interp(cut, CUTS, curve))
