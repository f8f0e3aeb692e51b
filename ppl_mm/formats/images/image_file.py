"""The one reader of images: every door of this project goes through it.

Training, export, refinement, segmentation, inference, reports and the converters see the same
pixels of a file: upright, RGB, 8 bits, see :mod:`.photo` for what is done to unusual ones. Where
the images of a data set have bands, networks see all of them (:func:`read_pixels`), everybody else
sees three as RGB, see :mod:`.bands`.
"""

import io
import os
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from ...utils.files import check_regular
from . import tiff
from .bands import ImageBands
from .bit_depth import FULL_WHITE, is_deep, used_white, warn_if_dark
from .checks import check_kind, naming, open_picture
from .orientation import orientation_of, upright_size
from .photo import develop, open_photo
from .stored_values import bands_for, values_for
from .tiff_bands import band_size, is_tiff

#: Endings that are read.
PHOTO_SUFFIXES = tuple(
    '.jpg .jpeg .jfif .jpe .png .avif .bmp .gif .jp2 .pgm .ppm .tga .tif .tiff .webp'.split()
)
# Markers of a JPEG: its start, the start and the end of a scan, EXIF's segment, frames.
_START, _SCAN, _END = b'\xff\xd8\xff', b'\xff\xda', b'\xff\xd9'
_EXIF, _FRAMES = 0xE1, (0xC0, 0xC1, 0xC2)


def read_image(path: str | os.PathLike) -> np.ndarray:
    """Read an image to its end, as persons see it.

    Args:
        path: The file, or an address that mmengine's file backends know.

    Returns:
        RGB, uint8, (H, W, 3), upright and without transparency.

    Raises:
        UserError: It is missing, not a regular file, damaged, too large, or of a kind that is not
            read.
    """
    with naming(path):
        check_kind(path)
        return decode_image(_read_bytes(path), path=path)


def read_pixels(
    path: str | os.PathLike,
    white_level: int | None = None,
    bands: ImageBands | None = None,
    backend_args: dict | None = None,
) -> np.ndarray:
    """Read an image to its end, as networks see it.

    Args:
        path: See :func:`read_image`.
        white_level: White of 16 bits. Defaults to None: the data set's, see
            :func:`.stored_values.values_for`.
        bands: The bands of the network's data set. Defaults to None: the data set's, likewise.
        backend_args: Of :func:`mmengine.fileio.get`. Defaults to None.

    Returns:
        A photo as BGR, uint8, (H, W, 3); or all bands in their order, float32 in 0 to 255,
        (H, W, C), if the data set has bands.

    Raises:
        UserError: See :func:`read_image`; or it has other bands than the data set.
    """
    with naming(path):
        check_kind(path)
        content = _read_bytes(path, backend_args)
        if bands is None and white_level is None:
            bands = bands_for(path, content)
        if bands is None:
            return decode_image(content, white_level, bgr=True, path=path)
        return bands.read(content)


def decode_image(
    content: bytes,
    white_level: int | None = None,
    bgr: bool = False,
    path: str | os.PathLike | None = None,
) -> np.ndarray:
    """Decode the bytes of an image file to uint8, (H, W, 3).

    A whole JPEG of the usual kind is left to OpenCV: the pixels are the same, in two thirds of the
    time. Alone it would fill a truncated file with grey.

    Args:
        content: The file.
        white_level: See :func:`read_pixels`.
        bgr: Whether to return BGR, as OpenCV orders channels. Defaults to False.
        path: Where it was, to look for what the data set says of its values. Defaults to None:
            65535 is white, and there are no bands.

    Raises:
        UserError: Its values are of a kind that is not read.
        OSError: It is damaged; decoders raise others too.
    """
    if _is_usual_jpeg(content) and _is_whole(content):
        found = cv2.imdecode(
            np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        )
        if found is not None:
            return found if bgr else cv2.cvtColor(found, cv2.COLOR_BGR2RGB)
    bands = bands_for(path, content) if path is not None else None
    if bands is None:
        rgb = _decode_photo(content, white_level, path)
    else:
        rgb = bands.picture(bands.read(content))
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR) if bgr else rgb


def _decode_photo(
    content: bytes, white_level: int | None, path: str | os.PathLike | None
) -> np.ndarray:
    """Return RGB of what Pillow reads, see :func:`decode_image`."""
    with open_photo(content) as image:
        place = path if is_deep(image) else None  # loading makes Pillow forget it
        if white_level is None and place is not None:
            white_level = values_for(place).white_level
        picture = develop(image, content, white_level or FULL_WHITE).picture
        if white_level is None and place is not None:
            warn_if_dark(place, used_white(image, content))
    return np.array(picture.convert('RGB'))


def image_size(path: str | os.PathLike) -> tuple[int, int]:
    """Return width and height of a local image as it is read, from its first bytes.

    Raises:
        UserError: The image is missing, damaged, too large, or of a kind that is not read.
    """
    with naming(path):
        check_regular(path)
        try:
            with open_picture(path) as image:
                stored = image.size
                if image.format == 'TIFF':  # Pillow's versions differ on a turned one
                    stored = tiff.tag(image, tiff.WIDTH), tiff.tag(image, tiff.HEIGHT)
                return upright_size(stored, orientation_of(image))
        except UnidentifiedImageError:
            content = Path(path).read_bytes()
            if not is_tiff(content):
                raise
            return band_size(content)  # of bands that Pillow does not know


def _read_bytes(path: str | os.PathLike, backend_args: dict | None = None) -> bytes:
    if backend_args or '://' in str(path):
        # It imports torch, which the converters of data sets never need.
        from mmengine import fileio

        return fileio.get(path, backend_args)
    check_regular(path)
    return Path(path).read_bytes()


def _is_usual_jpeg(content: bytes) -> bool:
    """Whether it is grey or of three colours, and upright; from its head."""
    place = 2 if content.startswith(b'\xff\xd8') else len(content)
    while place + 20 < len(content) and content[place] == 0xFF:
        marker = content[place + 1 : place + 20]
        if marker[0] in _FRAMES:
            height, width = (int.from_bytes(marker[k : k + 2], 'big') for k in (4, 6))
            # Pillow has a word to say about images as large as a bomb, and the end of a second
            # picture behind the first does not show that the first is whole.
            is_small = height * width <= (Image.MAX_IMAGE_PIXELS or 0)
            return marker[8] in (1, 3) and is_small and content.find(_START, place) < 0
        if marker[0] == _EXIF and not _is_upright(content):
            return False
        place += 2 + int.from_bytes(marker[1:3], 'big')
    return False


def _is_upright(content: bytes) -> bool:
    with open_picture(io.BytesIO(content)) as image:
        return orientation_of(image) == 1


def _is_whole(content: bytes) -> bool:
    """Whether a JPEG's last scan has an end: neither occurs inside a scan."""
    return content.endswith(_END) or (content.rfind(_END) > content.rfind(_SCAN))
