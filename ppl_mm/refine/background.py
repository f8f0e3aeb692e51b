"""Steps that give the background its score; where there is none, they leave scores as they are."""

from dataclasses import replace

import numpy as np

from ..cams.pseudo_label import LEVEL, level
from ..errors import UserError
from ..formats.export_record import Threshold
from ..registry import REFINERS
from .refiner import Refiner
from .scores import Scores

#: A threshold times a factor is at most this, so that the strongest cells stay.
HIGHEST = 0.95


@REFINERS.register_module()
class ConstantBackground(Refiner):
    """Give the background the same score at every pixel.

    Used by IRN (Ahn et al., CVPR 2019: 0.15 for the CAM seed, 0.25 after the random walk) and most
    of its successors, and by ``tools/export_cam.py``.

    Args:
        threshold: The score, 0..1; or one for each class of the classifier, to which maps are
            brought by :func:`ppl_mm.cams.level`. Defaults to None: that of the export whose maps
            are refined, see :func:`ppl_mm.refine.config.chain_settings`.
        factor: What each threshold is multiplied by, above 0; at most :data:`HIGHEST` comes of it.
            For regions surer than a threshold that the export knows. Defaults to 1.

    Raises:
        UserError: If one of them is out of range.
    """

    needs_background = False
    makes_background = True
    margin = 0

    def __init__(self, threshold: Threshold | None = None, factor: float = 1.0) -> None:
        if isinstance(threshold, tuple):
            threshold = list(threshold)
        if threshold is not None and not _are_scores(threshold):
            raise UserError(f'ppl_mm.ConstantBackground: threshold={threshold} must be in 0..1')
        if not 0 < factor < float('inf'):
            raise UserError(f'ppl_mm.ConstantBackground: factor={factor} must be above 0')
        self.threshold, self.factor = threshold, factor

    def refine(self, image: np.ndarray, scores: Scores) -> Scores:
        """Set channel 0, the background."""
        if self.threshold is None:
            raise UserError(
                'ppl_mm.ConstantBackground: threshold=None takes that of an export, but there '
                'is none here; give a number'
            )
        if isinstance(self.threshold, list):
            return _with_background(self._levelled(scores, self.threshold), np.float32(LEVEL))
        return _with_background(scores, np.float32(self._scaled(self.threshold)))

    def _scaled(self, threshold: float) -> float:
        return threshold if self.factor == 1 else min(threshold * self.factor, HIGHEST)

    def _levelled(self, scores: Scores, thresholds: list[float]) -> Scores:
        """Return scores whose classes are cut at one value; each had its own."""
        if scores.no_background:
            return scores
        if max(scores.class_ids, default=0) >= len(thresholds):
            raise UserError(
                f'ppl_mm.ConstantBackground: threshold has {len(thresholds)} numbers, but the '
                f'maps have class id {max(scores.class_ids)}; give one for each class'
            )
        cuts = np.array([self._scaled(thresholds[k]) for k in scores.class_ids], np.float32)
        values = scores.values.copy()
        values[1:] = level(values[1:], cuts)
        return replace(scores, values=values)


@REFINERS.register_module()
class AlphaBackground(Refiner):
    """Make the background strong where no class is: ``(1 - max) ** alpha``.

    Used by PSA (Ahn and Kwak, CVPR 2018: alpha 4 and 16 to 32 for the labels that its AffinityNet
    learns from, 16 for the walk) and SEAM. Without another step after it, it is a threshold: the t
    that solves ``t = (1 - t) ** alpha``. Before a CRF or a random walk it also says how sure the
    background is.

    Args:
        alpha: Above 0; the larger, the weaker the background.

    Raises:
        UserError: If it is not above 0.
    """

    needs_background = False
    makes_background = True
    margin = 0

    def __init__(self, alpha: float) -> None:
        if not alpha > 0:
            raise UserError(f'ppl_mm.AlphaBackground: alpha={alpha} must be above 0')
        self.alpha = alpha

    def refine(self, image: np.ndarray, scores: Scores) -> Scores:
        """Set channel 0, the background."""
        strongest = scores.foreground.max(axis=0, initial=0)  # (H, W)
        return _with_background(scores, (1 - strongest) ** self.alpha)


@REFINERS.register_module()
class Renormalize(Refiner):
    """Divide each class by its maximum again; the background is forgotten.

    A random walk spreads a map and lowers its peak. IRN divides by the new maximum before it sets
    its constant background.
    """

    needs_background = False

    def refine(self, image: np.ndarray, scores: Scores) -> Scores:
        """Divide channels 1 .. n by their maxima."""
        maximum = scores.foreground.max(axis=(1, 2), keepdims=True, initial=0)
        values = scores.values.copy()
        values[0] = 0
        values[1:] /= np.where(maximum > 0, maximum, 1)
        return replace(scores, values=values, has_background=False)


def _are_scores(values: object) -> bool:
    numbers = values if isinstance(values, list) else [values]
    return all(isinstance(one, int | float) and 0 <= one <= 1 for one in numbers)


def _with_background(scores: Scores, background: np.ndarray | np.float32) -> Scores:
    if scores.no_background:
        return scores
    values = scores.values.copy()
    values[0] = background
    return replace(scores, values=values, has_background=True)
