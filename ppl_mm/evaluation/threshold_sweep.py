"""Every threshold in one pass over the CAMs."""

from collections.abc import Sequence

import numpy as np

from ..cams import foreground_score
from ..formats.cam_file import CamFile
from ..formats.export_record import Threshold
from .confusion import check_labels, check_same_size, mean_scores

# More thresholds cost next to nothing.
DEFAULT_THRESHOLDS = tuple(round(0.01 * step, 2) for step in range(1, 100))


class ThresholdSweep:
    """Confusion matrices of pseudo-labels at many thresholds, in one pass.

    A pixel's strongest class c does not depend on the threshold, and the pixel is c wherever its
    score is above it. So each pixel is counted once, by truth, c and the number of thresholds
    below its score, and the matrix of a threshold is a cumulative sum of the counts. The numbers
    are exactly those of one evaluation per threshold; memory is that of the counts, however many
    images there are.

    Args:
        num_classes: Foreground classes, as in a CAMHead.
        thresholds: Scores of the background to try, none negative, in any order. Defaults to 0.01,
            0.02, .. 0.99.
        background: False where every pixel belongs to a class: nothing is cut, which is one
            threshold, 0, and the pixels of a mask with the value 0 are void. Defaults to True.
        used: Where the maps are cut elsewhere; if each class has its own threshold, those of the
            sweep cut the maps of :func:`ppl_mm.cams.level`. Defaults to None: not known.

    Examples:
        >>> maps = CamFile(class_ids=[0], cam=[[[0.1, 0.9]]], size=(1, 2))
        >>> sweep = ThresholdSweep(num_classes=1, thresholds=(0.05, 0.5))
        >>> sweep.update(maps, mask=np.array([[0, 1]], np.uint8))
        >>> sweep.best()
        (0.5, 1.0)
    """

    def __init__(
        self,
        num_classes: int,
        thresholds: Sequence[float] = DEFAULT_THRESHOLDS,
        background: bool = True,
        used: Threshold | None = None,
    ):
        thresholds = thresholds if background else [0]
        # Scores are float32: thresholds that agree there are one threshold.
        exact = {np.float32(threshold): float(threshold) for threshold in thresholds}
        self.thresholds = [exact[key] for key in sorted(exact)]
        if not exact or not 0 <= self.thresholds[0] <= max(exact) < np.inf:
            raise ValueError(f'expect thresholds that are not negative, got {list(thresholds)}')
        self.num_classes, self.background, self.used = num_classes, background, used
        self.num_images = 0
        self.images_of = np.zeros(num_classes, np.int64)  # images that have maps of each class
        self.num_assumed = 0  # of them negatives without a mask, taken as background
        # Pixels by truth, strongest class and thresholds below the score.
        self.counts = np.zeros((num_classes + 1, num_classes, len(exact) + 1), np.int64)
        self._below = _CountBelow(np.array(sorted(exact), np.float32))

    def update(self, cam_file: CamFile, mask: np.ndarray) -> None:
        """Count the maps of one image by its mask, uint8 (H, W): 0 = background, 255 = void.

        Raises:
            ValueError: If the sizes differ, or a class of the maps or a value of the mask is out
                of range. Nothing is counted then.
        """
        check_same_size(cam_file.size, mask.shape)
        ids = cam_file.class_ids
        if len(ids) and ids.max() >= self.num_classes:
            raise ValueError(
                f'the CAM has class id {ids.max()}, expected 0 to {self.num_classes - 1}'
            )
        if len(ids):
            counts = self._count(cam_file, mask)  # (256, n, T + 1)
        else:  # all background: no threshold is below any score
            ids = np.zeros(1, int)
            counts = np.zeros((256, 1, self.counts.shape[2]), np.int64)
            counts[:, 0, 0] = np.bincount(mask.ravel(), minlength=256)
        check_labels(counts.sum(axis=(1, 2)), self.num_classes, 'the mask')
        if not self.background:
            counts[0] = 0
        self.counts[:, ids] += counts[: self.num_classes + 1]
        self.images_of[cam_file.class_ids] += 1
        self.num_images += 1

    def _count(self, cam_file: CamFile, mask: np.ndarray) -> np.ndarray:
        """Return the pixels by mask value, index of the class, thresholds below."""
        score, index = foreground_score(cam_file, self.background, self.used)
        shape = (256, len(cam_file.class_ids), self.counts.shape[2])
        key = mask.astype(np.int32)
        if shape[1] > 1:
            key *= shape[1]
            key += index
        key *= shape[2]
        key += self._below(score)
        counts = np.bincount(key.ravel(), minlength=np.prod(shape))
        return counts.reshape(shape)

    def merge(self, other: 'ThresholdSweep') -> None:
        """Add what a sweep of the same classes and thresholds counted on other images."""
        if (self.num_classes, self.thresholds) != (other.num_classes, other.thresholds):
            raise ValueError('two sweeps of different classes or thresholds cannot be merged')
        self.counts += other.counts
        self.images_of += other.images_of
        self.num_images += other.num_images
        self.num_assumed += other.num_assumed

    def confusion(self, threshold: float | None = None) -> np.ndarray:
        """Return the confusion matrix at one threshold, or at all of them, see :mod:`.confusion`.

        It is int64, shape ``(n + 1, n + 2)``, or ``(T, n + 1, n + 2)`` for all T thresholds.
        """
        # above[t, k]: pixels whose score is above the first k + 1 thresholds.
        above = self.counts[..., :0:-1].cumsum(axis=2)[..., ::-1]
        above = np.moveaxis(above, 2, 0)  # (T, n + 1, n)
        total = self.counts.sum(axis=(1, 2))
        matrices = np.zeros((*above.shape[:2], self.num_classes + 2), np.int64)
        matrices[..., 1:-1] = above
        matrices[..., 0] = total - above.sum(axis=2)
        if threshold is None:
            return matrices
        return matrices[self._position(threshold)]

    def _position(self, threshold: float) -> int:
        """Return where a threshold stands; they compare as float32, like scores."""
        known = np.array(self.thresholds, np.float32)
        found = np.flatnonzero(known == np.float32(threshold))
        if not len(found):
            raise ValueError(
                f'threshold {threshold} is not one of the {len(known)} that were counted'
            )
        return int(found[0])

    def best(self) -> tuple[float, float]:
        """Return the threshold of the highest mIoU, the lowest one on a tie, and that mIoU.

        Raises:
            ValueError: If no labelled pixel was counted.
        """
        if not self.counts.any():
            raise ValueError('no labelled pixel was counted')
        scores = mean_scores(self.confusion())['mIoU']
        best = int(scores.argmax())
        return self.thresholds[best], float(scores[best])

    def curve(self) -> dict[str, list[float | None]]:
        """Return the mean scores by name over ``threshold``, for JSON; None where there is none."""
        scores = mean_scores(self.confusion())
        curve = {
            name: [None if np.isnan(value) else value for value in values.tolist()]
            for name, values in scores.items()
        }
        return dict(threshold=list(self.thresholds), **curve)


class _CountBelow:
    """How many thresholds lie below each score, exactly and fast.

    The bits of a non-negative float, read as an integer, grow with it. Their upper part, the cell,
    looks up one number that is made so that adding the bits carries into the upper part just above
    the threshold of that cell; the upper part of the sum is the count. This takes a third of a
    binary search. Thresholds that share the smallest cells are searched.

    Args:
        thresholds: float32, ascending, not negative.
    """

    def __init__(self, thresholds: np.ndarray):
        self.thresholds = thresholds
        bits = thresholds.view(np.int32).astype(np.int64)
        # 7 to 10 bits of mantissa: cells of 1/128 to 1/1024 of the score.
        self.shift: int | None = None
        for shift in range(16, 12, -1):
            occupied = bits >> shift
            if len(np.unique(occupied)) == len(occupied):
                break
        else:
            return
        self.shift = shift
        cells = np.arange(1 << (31 - self.shift))
        below = np.searchsorted(occupied, cells)  # in lower cells
        table = (below - cells) << self.shift
        # One above a threshold's lower bits, they add up to 1 << shift.
        table[occupied] += ((occupied + 1) << self.shift) - 1 - bits
        self.table = table.astype(np.int32)

    def __call__(self, score: np.ndarray) -> np.ndarray:
        """Return the counts, int32 or int64, of scores, float32, any shape."""
        if self.shift is None:
            return np.searchsorted(self.thresholds, score)
        # A sign bit, of -0.0 too, makes the integer negative.
        bits = np.maximum(score.view(np.int32), 0)
        count = self.table.take(bits >> self.shift)
        count += bits
        count >>= self.shift
        return count
