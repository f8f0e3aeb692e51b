"""The inferencer of a trained network of either kind."""

import os

from ...errors import UserError
from ...utils.config.scope import is_segmentation
from ..cam_inferencer import CAMInferencer
from ..seg_inferencer import SegInferencer
from .photo_inferencer import PhotoInferencer
from .trained_model import find_model

NO_THRESHOLD = '--threshold: a segmentation network has none; leave it out'


def open_inferencer(
    model: str | os.PathLike,
    checkpoint: str | os.PathLike | None = None,
    device: str | None = None,
    export: str | os.PathLike | None = None,
    max_pixels: int | None = None,
) -> PhotoInferencer:
    """Return the inferencer of a network of either kind, see :class:`.CAMInferencer`.

    Raises:
        UserError: If there is no such network, or a segmentation network is given an export.
    """
    config, weights = find_model(model, checkpoint)
    if not is_segmentation(config):
        return CAMInferencer(config, weights, device, export, max_pixels)
    if export is not None:
        raise UserError(NO_THRESHOLD)
    return SegInferencer(config, weights, device, max_pixels)
