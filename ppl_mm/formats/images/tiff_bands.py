"""TIFFs with any number of bands, of integers or floats, as they are stored."""

import io
import os
from typing import Any

import numpy as np

from ...errors import UserError
from .orientation import ORIENTATION, turn_array, upright_size
from .tiff import CMYK
from .transparency import OPACITY

#: Bands that are read at most.
MOST_BANDS = 32
# First bytes of TIFF and BigTIFF, of either byte order.
_MAGIC = (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+')
_KINDS = 'uif'  # integers without and with a sign, floats


def is_tiff(content: bytes) -> bool:
    """Return whether a file begins as a TIFF does."""
    return content[:4] in _MAGIC


def needs_bands(path: str | os.PathLike) -> bool:
    """Return whether a file is a TIFF that is more than a photo.

    A photo is grey, RGB or CMYK, of 8 bits, or with opacity of 8 or 16 bits.
    """
    try:
        with open(path, 'rb') as file:
            if not is_tiff(file.read(4)):
                return False
            file.seek(0)
            with _opened(file) as tif:
                page = _series(tif)
                bands, dtype = _bands(page), np.dtype(page.dtype)
                has_opacity = any(sample in OPACITY for sample in tif.pages[0].extrasamples)
                colours = (4,) if tif.pages[0].photometric == CMYK else (1, 3)
    # A broken file can make a decoder raise anything.
    except Exception:
        return False
    most_bits = 16 if has_opacity else 8
    is_photo = dtype.kind == 'u' and 8 * dtype.itemsize <= most_bits
    return not is_photo or bands - has_opacity not in colours


def read_bands(content: bytes) -> np.ndarray:
    """Read all bands of a TIFF by its bytes, or its first page if the pages are not channels.

    Returns:
        Values as they are stored, shape (H, W, C), upright.

    Raises:
        UserError: They are of a kind that is not read, there are too many, or they are compressed
            in a way that takes another package.
    """
    with _opened(io.BytesIO(content)) as tif:
        series = _series(tif)
        _check(series)
        try:
            values = series.asarray()
        except ValueError as error:
            if 'imagecodecs' in str(error):
                raise UserError(
                    'its compression takes the package imagecodecs; run '
                    'pip install "ppl_mm[tiff]", or save it without compression'
                ) from error
            raise
        if series.axes in ('SYX', 'CYX'):
            values = np.moveaxis(values, 0, 2)
        values = values.reshape(*values.shape[:2], -1)  # (H, W, C)
        return turn_array(values, _orientation(tif))


def band_size(content: bytes) -> tuple[int, int]:
    """Return width and height of :func:`read_bands`, without reading values."""
    with _opened(io.BytesIO(content)) as tif:
        series = _series(tif)
        size = dict(zip(series.axes, series.shape, strict=True))
        return upright_size((size['X'], size['Y']), _orientation(tif))


def has_band_size(content: bytes) -> bool:
    """Return whether a file is a TIFF whose size :func:`band_size` can read."""
    try:
        return is_tiff(content) and min(band_size(content)) > 0
    # A broken file can make a decoder raise anything.
    except Exception:
        return False


def write_bands(file: Any, values: np.ndarray) -> None:
    """Write integers or floats (H, W, C) to an open file as a TIFF, compressed without loss."""
    import tifffile

    buffer = io.BytesIO()  # files that are replaced at the end have no name yet
    tifffile.imwrite(
        buffer,
        values if values.shape[2] > 1 else values[..., 0],
        photometric='minisblack',
        planarconfig='contig' if values.shape[2] > 1 else None,
        compression='zlib',
        metadata=None,
    )
    file.write(buffer.getvalue())


def _opened(file: Any) -> Any:
    import tifffile

    return tifffile.TiffFile(file)


def _series(tif: Any) -> Any:
    """Return channels that are pages of their own together, else the first page."""
    series = tif.series[0]
    return series if series.axes in ('YX', 'YXS', 'SYX', 'CYX') else tif.pages[0]


def _bands(series: Any) -> int:
    return int(np.prod([n for axis, n in zip(series.axes, series.shape, strict=True)
                        if axis not in 'YX']))  # fmt: skip


def _check(series: Any) -> None:
    bands, dtype = _bands(series), np.dtype(series.dtype)
    if dtype.kind not in _KINDS:
        raise UserError(f'its values are of type {dtype}; save it as integers or floats')
    if bands > MOST_BANDS:
        raise UserError(f'has {bands} bands; at most {MOST_BANDS} are read, leave some out')


def _orientation(tif: Any) -> int:
    return int(tif.pages[0].tags.valueof(ORIENTATION, 1))
