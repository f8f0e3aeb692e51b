"""What an inferencer may be given: files, folders, bytes, pictures, arrays."""

import os

import cv2
import numpy as np
from PIL import Image

from ...errors import UserError
from ...formats.images.bands import ImageBands
from ...formats.images.bit_depth import FULL_WHITE, is_deep, to_8_bits
from ...formats.images.checks import check_sides, naming
from ...formats.images.image_file import PHOTO_SUFFIXES, decode_image
from ...formats.images.photo import develop
from ...formats.images.transparency import fill
from ...utils.console import warn
from ...utils.text import first_few

_SHOWN = 3  # names of files that are left out
#: What an inferencer takes, for messages.
KINDS = 'give a path, bytes, a PIL image, or an array (H, W), (H, W, 3) or (H, W, 4)'


class ReadPhoto(dict):
    """A sample with a photo that has been read; users give no dicts."""


def photo_list(inputs: object) -> list:
    """Return the photos that an inferencer is given: a folder, a list, or a single one.

    Raises:
        UserError: If there is none.
    """
    if isinstance(inputs, str | os.PathLike) and os.path.isdir(inputs):
        return _photos_of(inputs)
    photos = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    if not photos:
        raise UserError(f'no photos are given; {KINDS}, or a list of them')
    return photos


def _photos_of(folder: str | os.PathLike) -> list[str]:
    """Return the photos in a folder itself, sorted.

    What is not a photo by its ending, or not a regular file, is left out, and a warning says how
    many that are.
    """
    names = sorted(os.listdir(folder))
    paths = {name: os.path.join(folder, name) for name in names}
    photos = [
        name
        for name in names
        if name.lower().endswith(PHOTO_SUFFIXES) and os.path.isfile(paths[name])
    ]
    others = [name for name in names if name not in set(photos)]
    if not photos:
        raise UserError(f'{folder}: holds no photo; known endings are {" ".join(PHOTO_SUFFIXES)}')
    if others:
        shown = first_few(others, _SHOWN)
        text = f'{folder}: {len(others)} of {len(names)} entries are not photos: {shown}'
        warn(text)
    return [paths[name] for name in photos]


def pixels_of(
    item: object, name: str, white_level: int | None, bands: ImageBands | None
) -> np.ndarray:
    """Return what is not a file as a network sees it, read as files are.

    Args:
        item: Bytes of an image file; a PIL image; or an array, grey (H, W) or (H, W, 1), BGR (H,
            W, 3) or BGRA (H, W, 4), of uint8, of uint16, or of floats from 0 to 1. For a network
            of bands an array (H, W, bands) of values as files store them, or the bytes of a TIFF.
        name: What messages call it.
        white_level: White of 16 bits; None is 65535.
        bands: Those of the network's data set; None where it had photos.

    Returns:
        BGR, uint8, (H, W, 3); or float32, (H, W, C).
    """
    with naming(name):
        if isinstance(item, bytes | bytearray | memoryview):
            item = bytes(item)
        image = _bgr_of(item, white_level) if bands is None else _bands_of(item, bands)
        check_sides(image.shape[1::-1])
        return image


def _bands_of(item: object, bands: ImageBands) -> np.ndarray:
    if isinstance(item, bytes):
        return bands.read(item)
    if isinstance(item, np.ndarray) and item.ndim in (2, 3) and item.size:
        return bands.scale(item.reshape(*item.shape[:2], -1))
    raise UserError(f'not an image of bands; give a path, or an array (H, W, {bands.count})')


def _bgr_of(item: object, white_level: int | None) -> np.ndarray:
    if isinstance(item, bytes):
        return decode_image(item, white_level, bgr=True)
    if isinstance(item, Image.Image):
        return _from_picture(item, white_level or FULL_WHITE)
    if isinstance(item, np.ndarray):
        return _from_array(item, white_level or FULL_WHITE)
    raise UserError(f'is of type {type(item).__name__}; {KINDS}')


def _from_picture(picture: Image.Image, white_level: int) -> np.ndarray:
    if is_deep(picture) and not picture.mode.startswith('I'):
        raise UserError('Pillow cuts colours of 16 bits to 8; give the path of the file')
    rgb = np.asarray(develop(picture, white_level=white_level).picture.convert('RGB'))
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)


def _from_array(array: np.ndarray, white_level: int) -> np.ndarray:
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or not array.size:
        raise UserError(f'is an array of shape {array.shape}; {_advice(array)}')
    pixels = _to_8_bits(array, white_level)
    if array.shape[2] == 4:
        rgba = Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA))
        return cv2.cvtColor(np.asarray(fill(rgba)), cv2.COLOR_RGB2BGR)
    return np.ascontiguousarray(np.broadcast_to(pixels, (*array.shape[:2], 3)))


def _advice(array: np.ndarray) -> str:
    if array.ndim == 3 and array.shape[0] in (1, 3, 4):
        return 'channels come last: give it as array.transpose(1, 2, 0)'
    return KINDS


def _to_8_bits(array: np.ndarray, white_level: int) -> np.ndarray:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.uint16:
        whites = [white_level] * min(3, array.shape[2]) + [FULL_WHITE]
        bands = zip(np.moveaxis(array, 2, 0), whites, strict=False)
        return np.dstack([to_8_bits(band, white) for band, white in bands])
    if not np.issubdtype(array.dtype, np.floating):
        raise UserError(f'is an array of {array.dtype}; give uint8, uint16, or floats from 0 to 1')
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= 1):  # also where there are NaNs
        raise UserError(
            f'is an array of floats from {low:g} to {high:g}; they must lie in 0 to 1: '
            'scale them, or give uint8'
        )
    return np.rint(array * 255).astype(np.uint8)
