"""One confusion matrix over a whole split, and the scores read from it.

A matrix is int64 of shape ``(n + 1, n + 2)`` for n foreground classes: rows are the truth, columns
the prediction, 0 is the background, and the last column counts the pixels predicted as 255
(ignore), which are wrong whatever the truth. Pixels whose truth is 255 (void) are nowhere in it.
Every function also takes a stack of matrices, ``(..., n + 1, n + 2)``.

A class without a pixel in the truth has no scores: it is nan, also if it was
predicted, and left out of every mean. Its predicted pixels still count against
the classes that were there. (mmseg's IoUMetric gives 0 to a class that is only
predicted, which makes the mean depend on a single stray pixel.)
"""

import numpy as np

from ..formats.mask_file import IGNORE


def confusion_matrix(pred: np.ndarray, truth: np.ndarray, num_classes: int) -> np.ndarray:
    """Count the pixels of one image by truth and prediction.

    Args:
        pred: Labels, uint8, shape ``(H, W)``: 0 = background, 1..num_classes, 255 = ignore.
        truth: Mask, uint8, same shape, 255 = void.
        num_classes: Foreground classes, as in a CAMHead.

    Returns:
        int64, shape ``(num_classes + 1, num_classes + 2)``.

    Raises:
        ValueError: If the shapes differ or a value is not a label.
    """
    check_same_size(pred.shape, truth.shape)
    if pred.dtype != np.uint8 or truth.dtype != np.uint8:
        raise ValueError(f'expect labels of uint8, got {pred.dtype} and {truth.dtype}')
    pair = truth.astype(np.intp).ravel()
    pair *= 256
    pair += pred.ravel()
    joint = np.bincount(pair, minlength=65536).reshape(256, 256)
    check_labels(joint.sum(axis=1), num_classes, 'the mask')
    check_labels(joint[:IGNORE].sum(axis=0), num_classes, 'the prediction')
    columns = [*range(num_classes + 1), IGNORE]
    return joint[: num_classes + 1, columns]


def check_same_size(pred: tuple[int, ...], truth: tuple[int, ...]) -> None:
    """Raise a ValueError where a prediction does not fit its mask."""
    if pred != truth:
        raise ValueError(
            'the prediction is of {} x {} pixels (height x width), its mask of {} x {}; make both '
            'equal'.format(*pred, *truth)
        )


def check_labels(pixels: np.ndarray, num_classes: int, what: str) -> None:
    """Raise a ValueError where a value is neither a class nor 255.

    Args:
        pixels: Pixels of each value, shape ``(256,)``.
        num_classes: Foreground classes.
        what: What the message calls the picture.
    """
    bad = np.flatnonzero(pixels[num_classes + 1 : IGNORE]) + num_classes + 1
    if len(bad):
        raise ValueError(
            f'{what} has the label {bad[0]}, expected 0 to {num_classes} or {IGNORE}; give the '
            'class list that it was made for'
        )


def _true_false(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return true positives, false positives, false negatives, ``(..., n + 1)``."""
    square = confusion[..., :-1]
    hit = np.diagonal(square, axis1=-2, axis2=-1)
    return hit, square.sum(-2) - hit, confusion.sum(-1) - hit


def _ratio(confusion: np.ndarray, part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part over whole; nan for an absent class or an empty whole."""
    defined = (confusion.sum(-1) > 0) & (whole > 0)
    return np.where(defined, part / np.where(defined, whole, 1), np.nan)


def iou_from_confusion(confusion: np.ndarray) -> np.ndarray:
    """Return the intersection over union of each class.

    Args:
        confusion: Shape ``(..., n + 1, n + 2)``.

    Returns:
        Fractions, shape ``(..., n + 1)``, background first; nan for a class that is absent from
        the truth.
    """
    hit, extra, missed = _true_false(confusion)
    return _ratio(confusion, hit, hit + extra + missed)


def precision_from_confusion(confusion: np.ndarray) -> np.ndarray:
    """Return the share of a class's predicted pixels that are right, ``(..., n + 1)``.

    Nan also for a class that is present and was never predicted.
    """
    hit, extra, _ = _true_false(confusion)
    return _ratio(confusion, hit, hit + extra)


def recall_from_confusion(confusion: np.ndarray) -> np.ndarray:
    """Return the share of a class's true pixels that were found, ``(..., n + 1)``."""
    hit, _, missed = _true_false(confusion)
    return _ratio(confusion, hit, hit + missed)


def over_activation(confusion: np.ndarray) -> np.ndarray:
    """Return false positives over the union of each class, ``(..., n + 1)``.

    How far a map reaches beyond its object, as the evaluation code around SEAM (Wang et al., CVPR
    2020, arXiv 2004.04581) measures it. IoU, over- and under-activation of a class add up to 1.
    """
    hit, extra, missed = _true_false(confusion)
    return _ratio(confusion, extra, hit + extra + missed)


def under_activation(confusion: np.ndarray) -> np.ndarray:
    """Return false negatives over the union of each class, ``(..., n + 1)``.

    How much of its object a map leaves out, see :func:`over_activation`.
    """
    hit, extra, missed = _true_false(confusion)
    return _ratio(confusion, missed, hit + extra + missed)


def mean_scores(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Return the scores of a split, each the mean over its classes.

    Args:
        confusion: Shape ``(..., n + 1, n + 2)``.

    Returns:
        Fractions of shape ``(...)``: ``mIoU``, ``precision`` and ``recall``
        over all classes with the background, ``over_activation`` and ``under_activation`` over the
        foreground.
    """
    return dict(
        mIoU=_mean(iou_from_confusion(confusion)),
        precision=_mean(precision_from_confusion(confusion)),
        recall=_mean(recall_from_confusion(confusion)),
        over_activation=_mean(over_activation(confusion)[..., 1:]),
        under_activation=_mean(under_activation(confusion)[..., 1:]),
    )


def _mean(scores: np.ndarray) -> np.ndarray:
    """Return the mean over the last axis without the nans; nan where all are."""
    known = ~np.isnan(scores)
    count = known.sum(-1)
    total = np.where(known, scores, 0).sum(-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
