"""From scores to a label: the rules, each with who uses it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import UserError
from ..formats.mask_file import IGNORE
from ..registry import LABEL_RULES, REFINERS
from .scores import Scores


class LabelRule(ABC):
    """Makes the label of an image out of its scores."""

    #: Whether the rule reads channel 0, so a step must have made it.
    needs_background = True
    #: See :attr:`.Refiner.margin`.
    margin: int | None = 0

    def __call__(self, image: np.ndarray, scores: Scores) -> np.ndarray:
        """Label one image, uint8 RGB (H, W, 3), by its scores.

        Returns:
            uint8, shape ``(H, W)``: 0 = background, classifier id + 1, 255 = ignore.
            Where the scores have no background, 255 stands for it.

        Raises:
            UserError: If a background is needed and no step has made one.
        """
        if self.needs_background and scores.lacks_background:
            raise UserError(
                f'label: ppl_mm.{type(self).__name__} needs a background; end refiners with a step '
                'that makes it, as ppl_mm.ConstantBackground'
            )
        return self.label(image, scores)

    @abstractmethod
    def label(self, image: np.ndarray, scores: Scores) -> np.ndarray:
        """Return the label; the arguments are checked, see ``__call__``."""


@LABEL_RULES.register_module()
class Strongest(LabelRule):
    """The strongest channel; of equals the first, so the background wins.

    After ``ConstantBackground(threshold)`` the labels are those that ``tools/export_cam.py
    --threshold`` writes.

    Args:
        lead: A pixel whose strongest channel is less than this above the next one is 255. For
            data without a background, whose classes meet everywhere. Defaults to 0: no pixel is.

    Raises:
        UserError: If it is not in 0..1.
    """

    def __init__(self, lead: float = 0.0) -> None:
        if not 0 <= lead <= 1:
            raise UserError(f'ppl_mm.Strongest: lead={lead} must be in 0..1')
        self.lead = lead

    def label(self, image: np.ndarray, scores: Scores) -> np.ndarray:
        """Return the strongest channel of each pixel."""
        label = _labels_of(scores)[scores.values.argmax(axis=0)]
        if self.lead and len(scores.values) > 1:
            second, first = np.partition(scores.values, (-2, -1), axis=0)[-2:]
            label[first - second < np.float32(self.lead)] = IGNORE
        return label


@LABEL_RULES.register_module()
class IgnoreBand(LabelRule):
    """Two thresholds; what lies between them is ignored.

    IRN's confident regions (Ahn et al., CVPR 2019: background below 0.05, class above 0.30).

    Args:
        low: Pixels whose strongest class is at most this are background.
        high: Pixels whose strongest class is above this are its.
    """

    needs_background = False

    def __init__(self, low: float, high: float) -> None:
        if not 0 <= low <= high <= 1:
            raise UserError(f'ppl_mm.IgnoreBand: low={low}, high={high} must be in 0..1, low first')
        self.low, self.high = np.float32(low), np.float32(high)

    def label(self, image: np.ndarray, scores: Scores) -> np.ndarray:
        """Return the strongest class above ``high``, background up to ``low``, else 255."""
        strongest = scores.foreground.max(axis=0, initial=0)
        label = np.full(scores.size, IGNORE, np.uint8)
        label[strongest <= self.low] = _labels_of(scores)[0]
        sure = strongest > self.high
        label[sure] = _strongest_class(scores)[sure]
        return label


@LABEL_RULES.register_module()
class PerClassThreshold(LabelRule):
    """Each class has a threshold of its own; the strongest above its own wins.

    For classes whose maps are cut best at different heights, as small and large objects are. Masks
    have to choose the thresholds, so it is more supervision than one threshold for all.

    Args:
        thresholds: For each class id, 0 = first foreground class.
        default: For classes that a mapping leaves out. Defaults to None: that is an error.
    """

    needs_background = False

    def __init__(
        self, thresholds: Sequence[float] | Mapping[int, float], default: float | None = None
    ) -> None:
        if not isinstance(thresholds, Mapping):
            thresholds = dict(enumerate(thresholds))
        self.thresholds = {int(key): value for key, value in thresholds.items()}
        self.default = default
        for value in (*self.thresholds.values(), default or 0):
            if not 0 <= value <= 1:
                raise UserError(
                    f'ppl_mm.PerClassThreshold: a threshold is {value}, it must be in 0..1'
                )

    def label(self, image: np.ndarray, scores: Scores) -> np.ndarray:
        """Return the strongest class above its own threshold, else background."""
        values = scores.values.copy()
        values[0] = 0
        for channel, class_id in enumerate(scores.class_ids, 1):
            above = values[channel] > np.float32(self._threshold_of(int(class_id)))
            values[channel] *= above
        return _labels_of(scores)[values.argmax(axis=0)]

    def _threshold_of(self, class_id: int) -> float:
        threshold = self.thresholds.get(class_id, self.default)
        if threshold is None:
            raise UserError(
                f'ppl_mm.PerClassThreshold: no threshold for class {class_id};'
                ' add it, or give default'
            )
        return threshold


@LABEL_RULES.register_module()
class Agreement(LabelRule):
    """What several chains agree on; the rest is ignored.

    The labels that an AffinityNet learns from: a chain with a strong background is sure of the
    class, one with a weak background is sure of the background. PSA uses two powers
    (``AlphaBackground`` 4 and 16 to 32), IRN two thresholds, each followed by a CRF.

    Args:
        chains: Refiners of each chain.
    """

    needs_background = False

    def __init__(self, chains: Sequence[Sequence[dict]]) -> None:
        if len(chains) < 2:
            raise UserError(
                f'ppl_mm.Agreement: chains must be two or more lists of refiners, got {len(chains)}'
            )
        self.chains = [[REFINERS.build(step) for step in chain] for chain in chains]
        margins = [step.margin for chain in self.chains for step in chain]
        self.margin = None if None in margins else max(margins)
        self._strongest = Strongest()

    def label(self, image: np.ndarray, scores: Scores) -> np.ndarray:
        """Return the label that all chains give, else 255."""
        labels = []
        for chain in self.chains:
            refined = scores
            for step in chain:
                refined = step.improved(image, refined)
            labels.append(self._strongest(image, refined))
        first, *others = labels
        agreed = np.logical_and.reduce([first == other for other in others])
        return np.where(agreed, first, np.uint8(IGNORE))


def _labels_of(scores: Scores) -> np.ndarray:
    """Return the label of each channel, uint8, shape ``(1 + n,)``."""
    nothing = IGNORE if scores.no_background else 0
    return np.concatenate([[nothing], scores.class_ids + 1]).astype(np.uint8)


def _strongest_class(scores: Scores) -> np.ndarray:
    """Return the label of the strongest class, never the background's."""
    if not len(scores.class_ids):
        return np.zeros(scores.size, np.uint8)
    return _labels_of(scores)[1:][scores.foreground.argmax(axis=0)]
