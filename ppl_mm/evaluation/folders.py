"""Measuring what is already on disk, one image at a time."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..formats.cam_file import read_cam
from ..formats.mask_file import read_mask
from ..utils.progress import track
from .confusion import confusion_matrix
from .threshold_sweep import DEFAULT_THRESHOLDS, ThresholdSweep


def evaluate_folder(
    cam_dir: str | os.PathLike,
    mask_dir: str | os.PathLike,
    stems: Sequence[str],
    num_classes: int,
    thresholds: Sequence[float] = DEFAULT_THRESHOLDS,
    progress: bool = True,
) -> ThresholdSweep:
    """Measure the pseudo-labels of CAM files at every threshold at once.

    Args:
        cam_dir (str | PathLike): Holds ``<stem>.npz``.
        mask_dir (str | PathLike): Holds ``<stem>.png``.
        stems (Sequence[str]): The images of the split.
        num_classes (int): Foreground classes, as in a CAMHead.
        thresholds (Sequence[float]): Defaults to 0.01, 0.02, .. 0.99.
        progress (bool): Show a bar with the time left on stderr.

    Returns:
        ThresholdSweep: The counts; ``best()`` is the threshold to use.

    Raises:
        UserError: If a file is missing, unreadable or does not fit the other.
    """
    sweep = ThresholdSweep(num_classes, thresholds)
    for stem in track(stems, 'measuring CAMs', progress):
        cam_path = Path(cam_dir) / f'{stem}.npz'
        cam_file, mask = read_cam(cam_path), _read_truth(mask_dir, stem)
        try:
            sweep.update(cam_file, mask)
        except ValueError as error:
            raise _misfit(cam_path, mask_dir, stem, error) from error
    return sweep


def evaluate_labels(
    label_dir: str | os.PathLike,
    mask_dir: str | os.PathLike,
    stems: Sequence[str],
    num_classes: int,
    progress: bool = True,
) -> np.ndarray:
    """Measure labels, pseudo or predicted, against masks.

    Args:
        label_dir (str | PathLike): Holds ``<stem>.png``.
        mask_dir (str | PathLike): Holds ``<stem>.png``.
        stems (Sequence[str]): The images of the split.
        num_classes (int): Foreground classes, as in a CAMHead.
        progress (bool): Show a bar with the time left on stderr.

    Returns:
        np.ndarray: The confusion matrix of the split, int64, shape
        ``(num_classes + 1, num_classes + 2)``, see :mod:`.confusion`.

    Raises:
        UserError: If a file is missing, unreadable or does not fit the other.
    """
    total = np.zeros((num_classes + 1, num_classes + 2), np.int64)
    for stem in track(stems, 'measuring labels', progress):
        label_path = Path(label_dir) / f'{stem}.png'
        label, mask = read_mask(label_path), _read_truth(mask_dir, stem)
        try:
            total += confusion_matrix(label, mask, num_classes)
        except ValueError as error:
            raise _misfit(label_path, mask_dir, stem, error) from error
    return total


def _read_truth(mask_dir: str | os.PathLike, stem: str) -> np.ndarray:
    """The mask of an image; where it is missing, say what that means."""
    path = Path(mask_dir) / f'{stem}.png'
    if not path.exists():
        raise UserError(
            f'{path}: no such mask; measuring needs a split with masks, give one with --split'
        )
    return read_mask(path)


def _misfit(path: Path, mask_dir: str | os.PathLike, stem: str, error: ValueError) -> UserError:
    """The error of a pair of files that cannot be compared."""
    return UserError(f'{path}: cannot be compared with {Path(mask_dir) / stem}.png: {error}')
