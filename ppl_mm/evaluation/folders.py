"""Measuring what is already on disk, one image at a time."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..formats.cam_file import read_cam
from ..formats.export_record import Threshold
from ..formats.ground_truth import GroundTruth
from ..formats.mask_file import read_mask
from ..utils.progress import track
from .confusion import confusion_matrix
from .threshold_sweep import DEFAULT_THRESHOLDS, ThresholdSweep


def evaluate_folder(
    cam_dir: str | os.PathLike,
    truth: GroundTruth,
    image_ids: Sequence[str],
    num_classes: int,
    thresholds: Sequence[float] = DEFAULT_THRESHOLDS,
    progress: bool = True,
    background: bool = True,
    used: Threshold | None = None,
) -> ThresholdSweep:
    """Measure the pseudo-labels of CAM files at every threshold at once.

    Args:
        cam_dir: Holds ``<image id>.npz``.
        truth: The masks; it counts the negatives without one.
        image_ids: Image ids of the split.
        num_classes: Foreground classes, as in a CAMHead.
        thresholds: Defaults to 0.01, 0.02, .. 0.99.
        progress: Show a bar with the time left on stderr.
        background: See :class:`.ThresholdSweep`.
        used: See :class:`.ThresholdSweep`.

    Returns:
        The counts; ``best()`` is the threshold to use.

    Raises:
        UserError: If a file is missing, unreadable or does not fit the other.
    """
    sweep = ThresholdSweep(num_classes, thresholds, background, used)
    for image_id in track(image_ids, 'measuring CAMs', progress):
        cam_path = Path(cam_dir) / f'{image_id}.npz'
        cam_file = read_cam(cam_path)
        mask = truth.read(image_id, cam_file.size)
        with _comparing(cam_path, truth.path(image_id)):
            sweep.update(cam_file, mask)
    sweep.num_assumed = len(truth.assumed)
    return sweep


def evaluate_labels(
    label_dir: str | os.PathLike,
    truth: GroundTruth,
    image_ids: Sequence[str],
    num_classes: int,
    progress: bool = True,
) -> np.ndarray:
    """Measure labels, pseudo or predicted, against masks.

    Args:
        label_dir: Holds ``<image id>.png``.
        truth: The masks; it counts the negatives without one.
        image_ids: Image ids of the split.
        num_classes: Foreground classes, as in a CAMHead.
        progress: Show a bar with the time left on stderr.

    Returns:
        The confusion matrix of the split, int64, shape ``(num_classes + 1, num_classes + 2)``, see
        :mod:`.confusion`.

    Raises:
        UserError: If a file is missing, unreadable or does not fit the other.
    """
    total = np.zeros((num_classes + 1, num_classes + 2), np.int64)
    for image_id in track(image_ids, 'measuring labels', progress):
        label_path = Path(label_dir) / f'{image_id}.png'
        label = read_mask(label_path)
        mask = truth.read(image_id, label.shape)
        with _comparing(label_path, truth.path(image_id)):
            total += confusion_matrix(label, mask, num_classes)
    return total


@contextmanager
def _comparing(path: Path, mask_path: Path) -> Iterator[None]:
    """Name both files where they cannot be compared."""
    try:
        yield
    except ValueError as error:
        raise UserError(f'{path}: cannot be compared with {mask_path}: {error}') from error
