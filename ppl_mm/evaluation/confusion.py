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
    """Raise a ValueError where pixels by value (256,) have one other than a class or 255."""
    bad = np.flatnonzero(pixels[num_classes + 1 : IGNORE]) + num_classes + 1
    if len(bad):
        raise ValueError(
            f'{what} has the label {bad[0]}, expected 0 to {num_classes} or {IGNORE}; give the '
            'class list that it was made for'
        )


def class_scores(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Return the scores of each class.

    Over- and under-activation say how far a map reaches beyond its object, and how much of the
    object it leaves out, as the evaluation code around SEAM (Wang et al., CVPR 2020, arXiv
    2004.04581) measures them. With the IoU they add up to 1.

    Args:
        confusion: Shape ``(..., n + 1, n + 2)``.

    Returns:
        Fractions of shape ``(..., n + 1)``, background first; nan for a class that is absent from
        the truth: ``iou``; ``precision``, nan also for a class that was never predicted;
        ``recall``; ``over_activation``, false positives over the union; ``under_activation``,
        false negatives over the union.
    """
    square = confusion[..., :-1]
    hit = np.diagonal(square, axis1=-2, axis2=-1)
    truth, found = confusion.sum(-1), square.sum(-2)
    union = truth + found - hit
    parts = dict(
        iou=(hit, union),
        precision=(hit, found),
        recall=(hit, truth),
        over_activation=(found - hit, union),
        under_activation=(truth - hit, union),
    )
    return {
        name: np.where((truth > 0) & (whole > 0), part / np.maximum(whole, 1), np.nan)
        for name, (part, whole) in parts.items()
    }


def mean_scores(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Return the scores of a split, each the mean over its classes.

    Args:
        confusion: Shape ``(..., n + 1, n + 2)``.

    Returns:
        Fractions of shape ``(...)``: ``mIoU``, ``precision`` and ``recall`` over all classes with
        the background, ``over_activation`` and ``under_activation`` over the foreground.
    """
    scores = class_scores(confusion)
    return dict(
        mIoU=_mean(scores['iou']),
        precision=_mean(scores['precision']),
        recall=_mean(scores['recall']),
        over_activation=_mean(scores['over_activation'][..., 1:]),
        under_activation=_mean(scores['under_activation'][..., 1:]),
    )


def _mean(scores: np.ndarray) -> np.ndarray:
    """Return the mean over the last axis without the nans; nan where all are."""
    known = ~np.isnan(scores)
    count = known.sum(-1)
    total = np.where(known, scores, 0).sum(-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
