"""Labels and scores as colours over the image that they belong to."""

import numpy as np
from matplotlib import colormaps

from ..formats.mask_file import voc_colors


def colorize(label: np.ndarray) -> np.ndarray:
    """Return the colours of VOC's masks, RGB uint8 (*, 3), of a label.

    Args:
        label: uint8, any shape: 0 = background, 255 = ignore.
    """
    return voc_colors()[label]


def overlay_label(image: np.ndarray, label: np.ndarray, opacity: float = 0.6) -> np.ndarray:
    """Lay a label, uint8 (H, W), over its image; the background stays as it is, in grey.

    Both pictures are RGB uint8, shape ``(H, W, 3)``. The opacity of the colours is 0..1.
    """
    _check_sizes(image, label)
    grey = _grey(image)
    mixed = (1 - opacity) * grey + opacity * colorize(label)
    return np.where(label[..., None] > 0, mixed, grey).round().astype(np.uint8)


def overlay_score(image: np.ndarray, score: np.ndarray, opacity: float = 0.6) -> np.ndarray:
    """Lay a map, in 0..1 (H, W), over its image, from dark for 0 to light for 1.

    Both pictures are RGB uint8, shape ``(H, W, 3)``. The opacity of the colours is 0..1.
    """
    _check_sizes(image, score)
    heat = colormaps['inferno'](np.clip(score, 0, 1))[..., :3] * 255
    mixed = (1 - opacity) * _grey(image) + opacity * heat
    return mixed.round().astype(np.uint8)


def _grey(image: np.ndarray) -> np.ndarray:
    """Luma (ITU-R BT.601) in three channels, so that colours stand out."""
    return (image @ np.array([0.299, 0.587, 0.114]))[..., None].repeat(3, -1)


def _check_sizes(image: np.ndarray, other: np.ndarray) -> None:
    if image.shape[:2] != other.shape or image.shape[2:] != (3,):
        raise ValueError(
            f'expect an image (H, W, 3) and a map of its size, got {image.shape} and {other.shape}'
        )
