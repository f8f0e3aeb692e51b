"""Masks of COCO's objects."""

from pathlib import Path
from types import ModuleType

import numpy as np
from PIL import Image

from ...errors import UserError
from ...formats.mask_file import IGNORE, write_label
from .instances import CocoImage

# What Pillow would open; a file may say any size.
_MOST_PIXELS = 2 * (Image.MAX_IMAGE_PIXELS or 0)


def import_mask_api() -> ModuleType:
    """Return COCO's own reader of polygons and run lengths.

    Raises:
        UserError: It is not installed.
    """
    try:
        from pycocotools import mask
    except ImportError as error:
        raise UserError(
            "pycocotools: is not installed, but draws COCO's masks; pip install pycocotools, or "
            'leave them out with --no-masks'
        ) from error
    return mask


def paint(image: CocoImage, overlap: str, crowd: str) -> np.ndarray:
    """Return the mask of an image, uint8 (H, W): 0 background, 255 void.

    Args:
        image: What is annotated.
        overlap: 'area', the smaller object lies above, of equal ones the earlier; or 'order', the
            later one does.
        crowd: Crowd regions are their 'class', or left as 'background', or 'void' wherever there
            is no object.
    """
    if not 0 < image.size[0] * image.size[1] <= _MOST_PIXELS:
        raise ValueError(f'a size of {image.size}')
    mask = np.zeros(image.size, np.uint8)
    lowest_first = list(image.annotations)
    if overlap == 'area':
        lowest_first.sort(key=lambda one: one.area)
        lowest_first.reverse()
    if crowd == 'background':
        lowest_first = [one for one in lowest_first if not one.is_crowd]
    if crowd == 'void':
        lowest_first.sort(key=lambda one: not one.is_crowd)
    for one in lowest_first:
        as_void = one.is_crowd and crowd == 'void'
        mask[decode(one.shape, image.size)] = IGNORE if as_void else one.label
    return mask


def decode(shape: list | dict, size: tuple[int, int]) -> np.ndarray:
    """Return the pixels, bool (H, W), of polygons or run lengths in an image of that size."""
    api = import_mask_api()
    if isinstance(shape, list):
        code = api.merge(api.frPyObjects(shape, *size))
    elif isinstance(shape['counts'], str | bytes):
        code = shape
    else:
        code = api.frPyObjects(shape, *size)
    return api.decode(code).astype(bool)


def write_mask(folder: Path, overlap: str, crowd: str, image: CocoImage) -> None:
    """Write the mask of an image, see :func:`paint`.

    Raises:
        UserError: An annotation cannot be drawn.
    """
    try:
        mask = paint(image, overlap, crowd)
    except UserError:
        raise
    except Exception as error:  # pycocotools raises bare ones
        raise UserError(
            f'{image.image_id}: an annotation of it cannot be '
            f'drawn ({error}); put back the official file'
        ) from error
    write_label(folder / f'{image.image_id}.png', mask)
