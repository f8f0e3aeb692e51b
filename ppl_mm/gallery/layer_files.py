"""Photos, maps and labels as files that a browser shows on top of each other."""

import io
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib import colormaps
from PIL import Image

from ..formats.cam_file import CamFile
from ..formats.images.photo import scaled_size
from ..formats.mask_file import IGNORE, voc_palette

#: Longest sides, in pixels.
PHOTO_SIDE, THUMB_SIDE = 768, 256
# Of colours: "ignore" is seen through.
_OPAQUE, _UNSURE = 255, 150


def photo_file(image: np.ndarray, side: int = PHOTO_SIDE, quality: int = 82) -> bytes:
    """Return a photo as JPEG.

    Args:
        image: RGB uint8, (H, W, 3).
        side: A longer photo is made this long, in pixels.
        quality: The quality of the JPEG, up to 95.
    """
    picture = Image.fromarray(image)
    picture.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return _encode(picture, format='JPEG', quality=quality, progressive=True)


def label_file(label: np.ndarray) -> bytes:
    """Return a label, uint8 (H, W), as PNG in the colours of masks, the background transparent."""
    picture = Image.fromarray(np.ascontiguousarray(label))
    picture = picture.resize(scaled_size(picture.size, PHOTO_SIDE), Image.Resampling.NEAREST)
    picture.putpalette(voc_palette())
    alpha = bytes([0, *[_OPAQUE] * (IGNORE - 1), _UNSURE])
    return _encode(picture, format='PNG', transparency=alpha)


def map_file(cam: CamFile) -> bytes:
    """Return the strongest class's score as PNG, from dark for 0 to light for 1.

    It is as coarse as it was saved; a browser makes it smooth.
    """
    score = cam.cam.max(axis=0).astype(np.float32) if len(cam.class_ids) else np.zeros((1, 1))
    steps = (np.clip(score, 0, 1) * 255).round().astype(np.uint8)
    picture = Image.fromarray(steps)
    picture.putpalette(_heat())
    return _encode(picture, format='PNG')


@lru_cache(maxsize=1)
def _heat() -> bytes:
    """Return the palette of maps: RGB of 256 scores."""
    return colormaps['inferno'](np.arange(256), bytes=True)[:, :3].tobytes()


def _encode(picture: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, **options)
    return file.getvalue()
