"""EXIF's orientation, defined once: how a picture is turned to be seen."""

import numpy as np
from PIL import Image

#: The tag of EXIF, and of TIFF.
ORIENTATION = 0x0112
# What a viewer does to show a picture with that value of the tag.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation_of(image: Image.Image) -> int:
    """Return EXIF's orientation, 1 to 8; 1, upright, where it says nothing valid."""
    found = image.getexif().get(ORIENTATION, 1)
    return found if found in _TURNS else 1


def turn_upright(image: Image.Image, orientation: int) -> Image.Image:
    """Turn or mirror a stored picture as EXIF's orientation, 1 to 8, says; others count as 1."""
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def turn_array(values: np.ndarray, orientation: int) -> np.ndarray:
    """Turn or mirror values (H, W, ..), see :func:`turn_upright`."""
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return values


def upright_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Return width and height after :func:`turn_upright`."""
    width, height = size
    return (height, width) if orientation > 4 else (width, height)
