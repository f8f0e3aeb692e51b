"""Images with more than 8 bits: one white for all images of a data set.

A file of 16 bits seldom says which of its values is white: cameras and
microscopes store 12 bits, or 14, in 16. So the white level belongs to the data
set. ``image_values.json`` holds it, in the folder of the data set, above its
image folder; every reader of an image looks for it there.
"""

import json
import logging
import os
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ...errors import UserError
from ...utils.files import atomic_write, read_json
from ...utils.text import printable
from . import tiff
from .checks import raw_mode
from .transparency import has_alpha_band, is_premultiplied

#: What is white in 16 bits where nothing else is said.
FULL_WHITE = 65535
#: File of the data set's folder that says what is white.
VALUES_FILE = 'image_values.json'
_COLOUR_MODES = ('RGB', 'RGBA')
# Of a photo's values this part may be brighter than white: hot pixels.
_CUT = 0.001
# An image of 14 bits or fewer in 16 has at most a quarter of its brightness.
_DARK = (1 << 14) - 1
_WARNED: list[str | os.PathLike] = []


def white_level_for(path: str | os.PathLike) -> int:
    """Return the white of the 16-bit images of a folder.

    Args:
        path: The data set's folder, or anything below it.

    Returns:
        What the nearest ``image_values.json`` in or above it says, else 65535.

    Raises:
        UserError: That file is damaged.
    """
    return said_white_level(path) or FULL_WHITE


def said_white_level(path: str | os.PathLike) -> int | None:
    """Return what the nearest ``image_values.json`` says, None if there is none.

    Args:
        path: See :func:`white_level_for`.

    Raises:
        UserError: That file is damaged.
    """
    file = values_file_for(path)
    return None if file is None else _read_white_level(file)


def values_file_for(path: str | os.PathLike) -> Path | None:
    """Return the nearest ``image_values.json`` in or above a path, None if there is none."""
    path = Path(os.path.abspath(path))
    files = (folder / VALUES_FILE for folder in (path, *path.parents))
    return next((file for file in files if file.is_file()), None)


def stored_white_level(root: str | os.PathLike) -> int | None:
    """Return the white that a data set's folder itself says, None if it says nothing."""
    file = Path(root) / VALUES_FILE
    return _read_white_level(file) if file.is_file() else None


def write_white_level(root: str | os.PathLike, white_level: int) -> None:
    """Store the white of the data set's 16-bit images, from 1 to 65535."""
    with atomic_write(Path(root) / VALUES_FILE) as file:
        file.write((json.dumps(dict(white_level=white_level)) + '\n').encode())


def _read_white_level(file: Path) -> int | None:
    try:
        found = read_json(file)
        if 'bands' in found:  # see bands
            return None
        white_level = found['white_level']
        valid = type(white_level) is int and 1 <= white_level <= FULL_WHITE
    except (OSError, ValueError, KeyError, TypeError):
        valid = False
    if not valid:
        raise UserError(
            f'{file}: must hold {{"white_level": N}} with N from 1 to {FULL_WHITE}; '
            'write it, or delete the file'
        )
    return white_level


def to_8_bits(values: np.ndarray, white_level: int) -> np.ndarray:
    """Scale 0 .. ``white_level`` to 0 .. 255, rounded; what is brighter is white.

    Args:
        values: uint16, any shape.
        white_level: From 1 to 65535.

    Returns:
        uint8, same shape.
    """
    table = np.rint(np.arange(FULL_WHITE + 1) * (255 / white_level))
    return np.minimum(table, 255).astype(np.uint8)[values]


def is_deep(image: Image.Image) -> bool:
    """Return whether an opened file holds integers of more than 8 bits."""
    if image.mode.startswith('I'):
        return True
    if image.format == 'TIFF':
        return image.mode != 'F' and max(tiff.tag(image, tiff.BITS_PER_SAMPLE, (1,))) > 8
    return image.format == 'PNG' and ';16' in raw_mode(image)


def scaled_picture(image: Image.Image, content: bytes, white_level: int) -> Image.Image:
    """Return a deep picture in 8 bits: 'L', 'RGB', or with alpha 'LA', 'RGBA'.

    Args:
        image: Of more than 8 bits, loaded.
        content: The bytes of its file; Pillow cuts colours to 8 bits.
        white_level: See :func:`to_8_bits`. Opaque is 65535 always.
    """
    values = deep_values(image, content)
    grey = values.ndim == 2
    colours = values if grey else values[..., :3]
    picture = Image.fromarray(to_8_bits(colours, white_level))
    alpha = _alpha(image, values)
    if alpha is None:
        return picture
    if not grey and is_premultiplied(image):
        pixels = np.dstack([np.asarray(picture), alpha])
        return Image.frombytes('RGBa', picture.size, pixels.tobytes()).convert('RGBA')
    picture.putalpha(Image.fromarray(alpha))
    return picture


def deep_values(image: Image.Image, content: bytes) -> np.ndarray:
    """Return the values of a deep picture as they are stored.

    Returns:
        uint16, (H, W), or (H, W, 3 or 4) as RGB or RGBA.

    Raises:
        UserError: They do not fit into 16 bits, or are of a kind that is not read.
    """
    if image.mode.startswith('I'):
        values = np.asarray(image)
        if values.size and (values.min() < 0 or values.max() > FULL_WHITE):
            raise UserError(
                f'its values, {values.min()} to {values.max()}, are not of 16 bits; '
                'save it with 8 or 16 bits'
            )
        return values.astype(np.uint16)
    found = None
    if image.mode in _COLOUR_MODES:
        found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.dtype != np.uint16 or found.shape[2:] not in ((3,), (4,)):
        raise UserError('colours of this kind with 16 bits are not read; save it as 16-bit RGB')
    return found[..., [2, 1, 0, 3][: found.shape[2]]]


def used_white(image: Image.Image, content: bytes) -> int:
    """Return the white of the fewest bits, 8 to 16, that hold a picture.

    One value in a thousand may be brighter: hot pixels and highlights.

    Args:
        image: Of more than 8 bits, loaded.
        content: The bytes of its file.

    Returns:
        255, 511, .., 4095, .. or 65535.
    """
    values = deep_values(image, content)
    colours = values if values.ndim == 2 else values[..., :3]
    below = np.cumsum(np.bincount(colours.ravel(), minlength=FULL_WHITE + 1))
    highest = int(np.searchsorted(below, (1 - _CUT) * below[-1]))
    return (1 << max(8, highest.bit_length())) - 1


def warn_if_dark(path: str | os.PathLike, white_level: int) -> None:
    """Warn, once in a process, that an image is nearly black since nothing says what is white.

    Args:
        path: The image.
        white_level: The white of the fewest bits that hold it.
    """
    if white_level > _DARK or _WARNED:
        return
    _WARNED.append(path)
    # It imports torch, which the converters of data sets never need.
    from mmengine.logging import print_log

    text = (
        f'{path}: is nearly black: its 16 bits hold 0 to {white_level}, and {FULL_WHITE} is white. '
        f'Write {{"white_level": {white_level}}} into {VALUES_FILE} in the folder of the data set'
    )
    print_log(printable(text), logger='current', level=logging.WARNING)


def _alpha(image: Image.Image, values: np.ndarray) -> np.ndarray | None:
    """Return the opacity (H, W) in 8 bits; None if all is opaque."""
    clear = image.info.get('transparency')
    if clear is not None:
        # Of several values that become one in 8 bits only this one is clear.
        same = values == clear if values.ndim == 2 else (values[..., :3] == clear).all(axis=2)
        return np.where(same, 0, 255).astype(np.uint8)
    if image.mode == 'RGBA' and values.shape[2:] == (4,) and has_alpha_band(image):
        return to_8_bits(values[..., 3], FULL_WHITE)
    return None
