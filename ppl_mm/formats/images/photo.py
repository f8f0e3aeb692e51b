"""Photographs of any kind as everyone sees them: upright, 8 bits, opaque.

All that is done to the pixels of an image file is done here, see :func:`.image_file.read_image`.
The first of several pages or frames is taken. Transparent parts get ImageNet's mean colour. 16 bits
are scaled by the white of the data set, see :mod:`.bit_depth`. Colour profiles are not applied.
Images with bands keep their values, see :mod:`.bands`.
"""

import io
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from ...errors import UserError
from ...utils.files import check_regular
from . import tiff
from .bands import ImageBands
from .bit_depth import FULL_WHITE, is_deep, scaled_picture, used_white
from .checks import check_kind, naming, open_picture
from .orientation import orientation_of, turn_upright, upright_size
from .stored_values import bands_for, values_for
from .tiff_bands import has_band_size
from .transparency import fill, is_transparent

#: Change of an image with bands, see :class:`Photo`.
NO_VALUES = 'pixels without a value filled with the mean'
_NO_PHOTO = (
    'a TIFF that has more than a photo; a data set has either photos or TIFFs with equal '
    'bands: leave it out, or make the data set of such TIFFs with own_data.py'
)
_AS_IT_IS = {'JPEG': '.jpg', 'MPO': '.jpg', 'PNG': '.png'}


@dataclass(frozen=True)
class Photo:
    """A photograph that has been read.

    Attributes:
        picture: Upright, 'RGB' or, where it has no colours, 'L'.
        full_size: Width and height, upright, in the file.
        orientation: EXIF's, 1 to 8; 1 is upright.
        changes: What differs from the file, in words.
        suffix: '.jpg', '.png' or '.tif' if the bytes of the file can serve as they are, else None.
        values: The bands of an image as they are stored, (H, W, C), upright; None for photos.
    """

    picture: Image.Image
    full_size: tuple[int, int]
    orientation: int = 1
    changes: tuple[str, ...] = ()
    suffix: str | None = None
    values: np.ndarray | None = None


def read_photo(
    path: str | os.PathLike,
    max_long_side: int | None = None,
    white_level: int | None = None,
    bands: ImageBands | None = None,
) -> Photo:
    """Read a photograph to its end.

    Args:
        path: The file.
        max_long_side: Shrink what is larger, in pixels. Defaults to None: keep the size.
        white_level: See :func:`.image_file.read_pixels`.
        bands: Likewise.

    Raises:
        UserError: The file cannot be read or has no pixels for a viewer.
    """
    with naming(path):
        check_kind(path)
        check_regular(path)
        content = Path(path).read_bytes()
        bands = bands or bands_for(path, content)
        if bands is not None:
            return _with_bands(content, bands, max_long_side)
        with open_photo(content) as image:
            if white_level is None and is_deep(image):
                white_level = values_for(path).white_level
            return develop(image, content, white_level or FULL_WHITE, max_long_side)


def open_photo(content: bytes) -> Image.Image:
    """Open a file as Pillow does, or say that it has bands, which no photo has.

    Raises:
        UserError: It is a TIFF that only a data set of such TIFFs can have.
        OSError: Pillow cannot read it.
    """
    try:
        return open_picture(io.BytesIO(content))
    except UnidentifiedImageError:
        if not has_band_size(content):
            raise
        raise UserError(_NO_PHOTO) from None


def develop(
    image: Image.Image,
    content: bytes = b'',
    white_level: int = FULL_WHITE,
    max_long_side: int | None = None,
) -> Photo:
    """Bring an opened image into the one form.

    Args:
        image: As Pillow opened it.
        content: The bytes of its file, for colours of 16 bits. Defaults to none, for an image that
            never was a file.
        white_level: White of 16 bits. Defaults to 65535.
        max_long_side: See :func:`read_photo`. Defaults to None.

    Raises:
        UserError: Its values are of a kind that is not read.
    """
    if image.mode == 'L' and tiff.SIGNED in tiff.tag(image, tiff.SAMPLE_FORMAT, ()):
        raise UserError(_NO_PHOTO)  # Pillow would take -1 for 255
    # First: to ask for the EXIF loads a PNG, and then its bits are forgotten.
    kind, mode, deep = image.format, image.mode, is_deep(image)
    orientation = turn = orientation_of(image)
    pages = 1 if kind == 'MPO' else getattr(image, 'n_frames', 1)
    if kind == 'TIFF':
        # Pillow turns it while loading. Whether it takes the tag away then,
        # and which size it has before, differ between versions.
        image.load()
        turn = 1
    stored = image.size
    target = scaled_size(stored, max_long_side)
    if target != stored:
        image.draft(None, target)  # a JPEG is decoded small
    image.load()
    transparent = is_transparent(image)
    picture = scaled_picture(image, content, white_level) if deep else image
    picture = _opaque(picture, transparent)
    if picture.size != target:
        picture = picture.resize(target, Image.Resampling.LANCZOS)
    changes = tuple(
        text
        for text, is_so in (
            ('turned upright', orientation != 1),
            ('made smaller', target != stored),
            ('transparent parts filled', transparent),
            ('16 bits to 8', deep),
            ('CMYK to RGB', mode == 'CMYK'),
            ('first of several frames', pages > 1),
            ('further bands left out', _has_further_bands(image)),
        )
        if is_so
    )
    is_plain = not changes and mode in ('RGB', 'L')
    return Photo(
        turn_upright(picture, turn),
        upright_size(stored, turn),
        orientation,
        changes,
        _AS_IT_IS.get(kind or '') if is_plain else None,
    )


def _with_bands(content: bytes, bands: ImageBands, max_long_side: int | None) -> Photo:
    """Read an image of a data set with bands, in the size that it has there."""
    values = bands.stored(content)
    height, width = values.shape[:2]
    target = scaled_size((width, height), max_long_side)
    made_smaller = target != (width, height)
    missing = not np.isfinite(values).all()
    if made_smaller:
        values = _shrunk(values, target)
    picture = Image.fromarray(bands.picture(bands.scale(values)))
    changes = [text for text, is_so in (
        ('made smaller', made_smaller),
        (NO_VALUES, missing),
    ) if is_so]  # fmt: skip
    suffix = None if made_smaller else '.tif'
    return Photo(picture, (width, height), 1, tuple(changes), suffix, values)


def _shrunk(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the mean of the values below each pixel of a smaller image, of their kind."""
    bands = [
        cv2.resize(band.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        for band in np.moveaxis(values, 2, 0)
    ]
    small = np.dstack(bands)  # (h, w, C)
    return small if values.dtype.kind == 'f' else np.rint(small).astype(values.dtype)


def used_white_of(path: str | os.PathLike) -> int | None:
    """Return the white of the fewest bits that hold a photo of more than 8 bits, None of 8 bits.

    Raises:
        UserError: The file cannot be read.
    """
    with naming(path):
        check_regular(path)
        with open_picture(path) as image:
            if not is_deep(image):
                return None
            image.load()
            return used_white(image, Path(path).read_bytes())


def scaled_size(size: tuple[int, int], max_long_side: int | None) -> tuple[int, int]:
    """Return width and height of which the longer is at most that."""
    if not max_long_side or max(size) <= max_long_side:
        return size[0], size[1]
    scale = max_long_side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _opaque(image: Image.Image, transparent: bool) -> Image.Image:
    """Return 'L' or 'RGB' of 8 bits."""
    if image.mode == 'F':
        raise UserError(
            'its pixels are floating point numbers; save it with 8 or 16 bits, or make a data set '
            'of such TIFFs only with own_data.py'
        )
    if transparent:
        return fill(image)
    return image.convert('L' if image.mode in ('1', 'L', 'LA') else 'RGB')


def _has_further_bands(image: Image.Image) -> bool:
    """Return whether a TIFF has bands beside colours and opacity."""
    if image.format != 'TIFF':
        return False
    colours = {'L': 1, 'LA': 1, 'RGB': 3, 'RGBA': 3}.get(image.mode)
    bands = tiff.tag(image, tiff.SAMPLES_PER_PIXEL, 1)
    return colours is not None and bands > colours + is_transparent(image)
