"""Images with more than 8 bits: one white for all images of a data set.

A file of 16 bits seldom says which of its values is white: cameras and microscopes store 12 bits,
or 14, in 16. So the white level belongs to the data set, see :mod:`.stored_values`.
"""

import os

import cv2
import numpy as np
from PIL import Image

from ...errors import UserError
from ...utils.console import warn
from . import tiff
from .checks import raw_mode
from .tiff_bands import read_bands
from .transparency import has_alpha_band, is_premultiplied

#: What is white in 16 bits where nothing else is said.
FULL_WHITE = 65535
_COLOUR_MODES = ('RGB', 'RGBA')
# Of a photo's values this part may be brighter than white: hot pixels.
_CUT = 0.001
# An image of 14 bits or fewer in 16 has at most a quarter of its brightness.
_DARK = (1 << 14) - 1
_WARNED: list[str | os.PathLike] = []


def to_8_bits(values: np.ndarray, white_level: int) -> np.ndarray:
    """Scale uint16, 0 .. ``white_level``, to uint8, rounded; what is brighter is white."""
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
        if tiff.tag(image, tiff.PHOTOMETRIC) == tiff.WHITE_IS_ZERO:
            raise UserError('its 16 bits call 0 white; save it with 0 as black')
        return values.astype(np.uint16)
    found = _colours(image, content) if image.mode in _COLOUR_MODES else None
    if found is None or found.dtype != np.uint16 or found.shape[2:] not in ((3,), (4,)):
        raise UserError('colours of this kind with 16 bits are not read; save it as 16-bit RGB')
    return found


def _colours(image: Image.Image, content: bytes) -> np.ndarray | None:
    """Return colours as RGB or RGBA; None if they are of another kind."""
    # OpenCV mixes up the pixels of bands that are stored one after another.
    if tiff.tag(image, tiff.PLANAR) == tiff.SEPARATE:
        return read_bands(content)
    bgr = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    return None if bgr is None or bgr.ndim < 3 else bgr[..., [2, 1, 0, 3][: bgr.shape[2]]]


def used_white(image: Image.Image, content: bytes) -> int:
    """Return the white of the fewest bits that hold a picture: 255, 511, .., 4095, .. or 65535.

    One value in a thousand may be brighter: hot pixels and highlights.

    Args:
        image: Of more than 8 bits, loaded.
        content: The bytes of its file.
    """
    values = deep_values(image, content)
    colours = values if values.ndim == 2 else values[..., :3]
    below = np.cumsum(np.bincount(colours.ravel(), minlength=FULL_WHITE + 1))
    highest = int(np.searchsorted(below, (1 - _CUT) * below[-1]))
    return (1 << max(8, highest.bit_length())) - 1


def warn_if_dark(path: str | os.PathLike, white_level: int) -> None:
    """Warn, once in a process, that an image is nearly black since nothing says what is white."""
    if white_level > _DARK or _WARNED:
        return
    _WARNED.append(path)

    text = (
        f'{path}: is nearly black: its 16 bits hold 0 to {white_level}, and {FULL_WHITE} is white. '
        f'Write {{"white_level": {white_level}}} into image_values.json in the folder of the data '
        'set'
    )
    warn(text)


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
