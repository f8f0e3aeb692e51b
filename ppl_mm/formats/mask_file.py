"""Masks on disk: 8-bit PNGs whose pixel is the class."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import UserError
from ..utils.files import check_regular, write_bytes
from .images import tiff
from .images.checks import naming, open_picture, raw_mode
from .images.orientation import orientation_of, turn_array, upright_size

#: Of a pixel that counts nowhere: void in a true mask, unsure in a label.
IGNORE = 255
# Where Pillow takes black for 1, and where it leaves out all bands but the first.
_CHANGED = ('1;I', 'LX')
# What Pillow calls JPEGs, and how a TIFF may be compressed.
_LOSSY = ('JPEG', 'MPO', 'jpeg', 'tiff_jpeg')


@lru_cache(maxsize=1)
def voc_colors() -> np.ndarray:
    """Return the colours of PASCAL VOC's masks, RGB of 256 labels, uint8 (256, 3), read-only.

    By its devkit's rule bits 0, 1 and 2 of a label are the highest bits of red, green and blue,
    bits 3, 4 and 5 the next lower ones, and so on: 0 is black, 1 a dark red, 255 a pale yellow.
    """
    labels = np.arange(256, dtype=np.uint8)[:, None]
    bits = np.unpackbits(labels, axis=1, count=9, bitorder='little').reshape(256, 3, 3)
    colors = np.packbits(bits.swapaxes(1, 2), axis=2)[..., 0]  # (256, 3)
    colors.setflags(write=False)
    return colors


def voc_palette() -> bytes:
    """Return :func:`voc_colors` as Pillow takes them, 768 bytes."""
    return voc_colors().tobytes()


def encode_label(label: np.ndarray) -> bytes:
    """Return a label as the bytes of an 8-bit PNG with VOC's palette.

    Args:
        label: uint8, shape ``(H, W)``: 0 = background, classifier id + 1, 255 = ignore. Without a
            background 0 means nothing.

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
    """Write a label as an 8-bit palette PNG, whole or not at all, see :func:`encode_label`."""
    content = encode_label(label)
    write_bytes(path, content)


def read_mask(path: str | os.PathLike) -> np.ndarray:
    """Read a mask, the data set's own or one of ours: an 8-bit picture, palette or grey, of labels.

    Returns:
        uint8, shape ``(H, W)``.

    Raises:
        UserError: If the file is missing, cannot be read to its end, is a JPEG or a colour picture.
    """
    with open_mask(path) as image:
        mode = _mode_of(image)
        mask = upright_values(image) if mode in ('P', 'L') else None
    if mask is None:
        raise UserError(
            f'{path}: a mask must be an 8-bit palette or grey PNG whose pixel '
            f'is the class, got mode {mode}; convert colours to class ids'
        )
    return mask


def label_from_channels(channels: np.ndarray, background: bool) -> np.ndarray:
    """Return the label that a segmentation network means, uint8, see :func:`encode_label`.

    Args:
        channels: The channel of each pixel, of any integers, or 255, any shape.
        background: Whether channel 0 is the background; else it is the first class, whose value
            in a label is 1.
    """
    label = channels.astype(np.uint8)
    return label if background else np.where(label == IGNORE, label, label + 1).astype(np.uint8)


def channels_from_label(label: np.ndarray, background: bool) -> np.ndarray:
    """Return what a segmentation network is to learn, see :func:`label_from_channels`.

    Without a background a 0 is ignored.
    """
    # 0 - 1 is 255 in 8 bits.
    return label if background else np.where(label == IGNORE, label, label - np.uint8(1))


def mask_size(path: str | os.PathLike) -> tuple[int, int]:
    """Return width and height of a mask, from its first bytes."""
    with open_mask(path) as image:
        return upright_size(image.size, _turn_of(image))


def is_turned(path: str | os.PathLike) -> bool:
    """Return whether a mask is turned as its EXIF says when it is read."""
    with open_mask(path) as image:
        return orientation_of(image) != 1


def upright_values(image: Image.Image) -> np.ndarray:
    """Return the pixels of an opened mask, turned as its EXIF says."""
    return turn_array(np.array(image), _turn_of(image))


def _turn_of(image: Image.Image) -> int:
    """Return EXIF's orientation of an opened mask; a TIFF is turned by Pillow."""
    return orientation_of(image) if 'exif' in image.info and image.format != 'TIFF' else 1


@contextmanager
def open_mask(path: str | os.PathLike) -> Iterator[Image.Image]:
    """Open a mask of any lossless format, and name it in whatever goes wrong while it is read.

    Raises:
        UserError: If the file is missing, a JPEG, of several pages, or cannot be read.
    """
    with naming(
        path,
        missing='no such mask; check the folder and the list of the split',
        damaged='not a readable mask ({}); put back a whole file',
    ):
        check_regular(path)
        # Of its path Pillow 13 maps a turned TIFF with width and height exchanged.
        with open_picture(io.BytesIO(Path(path).read_bytes())) as image:
            if {image.format, image.info.get('compression')} & {*_LOSSY}:
                raise UserError('a JPEG changes the values of a mask; save it as PNG')
            if _has_another_page(image):
                raise UserError('has several pages or frames, and a mask has one; save it as PNG')
            yield image


def _has_another_page(image: Image.Image) -> bool:
    """Return whether a second page is neither a small copy nor the opacity of the first.

    GIS write such pages.
    """
    with suppress(SyntaxError):  # Pillow stops at a page of opacity, whose tags it has read
        if getattr(image, 'n_frames', 1) == 1:
            return False
        image.seek(1)
    belongs = tiff.tag(image, tiff.SUBFILE_TYPE, 0) & (tiff.REDUCED | tiff.OPACITY_MASK)
    image.seek(0)
    return not belongs


def _mode_of(image: Image.Image) -> str:
    """Pillow's mode; how the file stores its values where Pillow would change or drop some."""
    stored = raw_mode(image)
    tile = getattr(image, 'tile', ())
    if tile and tile[0][0].startswith('ppm') and tile[0][3][1] != IGNORE:
        return f'PGM up to {tile[0][3][1]}'
    return stored if stored.startswith('L;') or stored in _CHANGED else image.mode


def check_labels(
    mask: np.ndarray,
    num_classes: int,
    path: str | os.PathLike,
    advice: str,
    background: bool = True,
) -> None:
    """Refuse a mask, uint8 (H, W), with a value that is neither a class nor "ignore".

    The message names the file, and the ``advice``.
    """
    first = 0 if background else 1
    bad = mask[((mask < first) | (mask > num_classes)) & (mask != IGNORE)]
    if bad.size:
        raise UserError(
            f'{path}: has the label {bad[0]}, expected {first} to {num_classes} or {IGNORE}; '
            f'{advice}'
        )


def read_any_mask(path: str | os.PathLike) -> np.ndarray:
    """Read a mask as people have them, of any lossless format and depth, to uint8 (H, W).

    A data set holds 8-bit PNGs alone, which is what training reads; the converters write them, of
    masks that this reads.

    Args:
        path: A palette or grey picture of 1 to 16 bits whose values are labels; of grey with
            transparency, the grey, where all is opaque.

    Raises:
        UserError: If the file is missing, cannot be read to its end, is a JPEG or a colour
            picture, or has a value above 255.
    """
    with open_mask(path) as image:
        mode = _mode_of(image)
        values = _class_values(upright_values(image), mode)
    if values is None:
        raise UserError(
            f'{path}: the values of a mask must be classes, but its mode is {mode}; save it as '
            'an indexed or grey picture, and say what its values are with --mask-values'
        )
    if values.max(initial=0) > 255 or values.min(initial=0) < 0:
        raise UserError(
            f'{path}: has the value {int(values.max())}, and class ids are at most 255; '
            'save the mask with 8 bits'
        )
    return values.astype(np.uint8)


def _class_values(pixels: np.ndarray, mode: str) -> np.ndarray | None:
    """Return the values as they were stored, (H, W); None for colours."""
    if mode in ('P', 'L', '1') or mode.startswith('I'):
        return pixels.astype(int) if mode == '1' else pixels
    if mode == '1;I':
        return 1 - pixels.astype(int)
    if mode in ('L;2', 'L;4'):  # Pillow has stretched 3, or 15, to 255
        return pixels // (255 // (2 ** int(mode[-1]) - 1))
    if mode == 'LA' and (pixels[..., 1] == 255).all():
        return pixels[..., 0]
    return None
