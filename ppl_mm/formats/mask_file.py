"""Masks on disk: 8-bit PNGs whose pixel is the class."""

import io
import os
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import UserError, first_line
from ..utils.files import atomic_write
from .image_checks import check_regular

#: Of a pixel that counts nowhere: void in a true mask, unsure in a label.
IGNORE = 255


@lru_cache(maxsize=1)
def voc_palette() -> bytes:
    """The colours of PASCAL VOC's masks, by the bit rule of its devkit.

    Bits 0, 1 and 2 of a label are the highest bits of red, green and blue,
    bits 3, 4 and 5 the next lower ones, and so on: 0 is black, 1 a dark red,
    255 a pale yellow.

    Returns:
        bytes: Red, green and blue of 256 labels, 768 bytes.
    """
    label = np.arange(256)
    palette = np.zeros((256, 3), np.uint8)
    for channel in range(3):
        for step in range(3):
            bit = label >> (3 * step + channel) & 1
            palette[:, channel] |= (bit << (7 - step)).astype(np.uint8)
    return palette.tobytes()


def label_path(export_dir: str | os.PathLike, image_id: str) -> Path:
    """Where an export keeps the pseudo-label of an image.

    Args:
        export_dir (str | PathLike): The folder given to ``export_cam``.
        image_id (str): The image's stem.

    Returns:
        Path: ``export_dir/labels/<image_id>.png``.
    """
    return Path(export_dir) / 'labels' / f'{image_id}.png'


def encode_label(label: np.ndarray) -> bytes:
    """A label as an 8-bit PNG with VOC's palette.

    Args:
        label (np.ndarray): uint8, shape ``(H, W)``: 0 = background, classifier
            id + 1, 255 = ignore.

    Returns:
        bytes: The file.

    Raises:
        ValueError: If the label is of another type or shape.
    """
    if label.dtype != np.uint8 or label.ndim != 2:
        raise ValueError(f'expect a label (H, W) of uint8, got {label.shape} of {label.dtype}')
    image = Image.fromarray(np.ascontiguousarray(label))
    image.putpalette(voc_palette())  # all 256 colours: 8 bits per pixel
    file = io.BytesIO()
    image.save(file, format='PNG')
    return file.getvalue()


def write_label(path: str | os.PathLike, label: np.ndarray) -> None:
    """Write a label as an 8-bit palette PNG, whole or not at all.

    Args:
        path (str | PathLike): The PNG to write; its folder is made.
        label (np.ndarray): As of :func:`encode_label`.

    Raises:
        ValueError: If the label is of another type or shape.
    """
    content = encode_label(label)
    with atomic_write(path) as file:
        file.write(content)


def read_mask(path: str | os.PathLike) -> np.ndarray:
    """Read a mask, the data set's own or one of ours.

    Args:
        path (str | PathLike): A palette or grey 8-bit picture whose pixel
            values are labels.

    Returns:
        np.ndarray: uint8, shape ``(H, W)``.

    Raises:
        UserError: If the file is missing, cannot be read to its end, or is a
            colour picture.
    """
    try:
        check_regular(path)
        with Image.open(path) as image:
            mode = _mode_of(image)
            mask = np.array(image) if mode in ('P', 'L') else None
    except FileNotFoundError as error:
        raise UserError(
            f'{path}: no such mask; check the folder and the list of the split'
        ) from error
    # Pillow raises a SyntaxError for a broken PNG chunk.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            f'{path}: not a readable mask ({first_line(error)}); put back a whole file'
        ) from error
    if mask is None:
        raise UserError(
            f'{path}: a mask must be an 8-bit palette or grey PNG whose pixel '
            f'is the class, got mode {mode}; convert colours to class ids'
        )
    return mask


def _mode_of(image: Image.Image) -> str:
    """Pillow's mode; 'L;2' or 'L;4' where it would stretch grey values."""
    stored = image.tile[0][3] if image.tile else None
    if isinstance(stored, str) and stored.startswith('L;'):
        return stored
    return image.mode
