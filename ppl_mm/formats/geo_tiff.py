"""Masks of GeoTIFFs: GeoTIFFs that lie where their images do."""

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..errors import first_line
from ..utils.console import warn
from ..utils.files import write_bytes
from .images.orientation import ORIENTATION
from .images.tiff_bands import is_tiff
from .mask_file import voc_colors

# Tags of GeoTIFF (OGC 19-008r4).
_SCALE, _TIE_POINTS, _TRANSFORMATION = 33550, 33922, 34264
_KEYS, _NUMBERS, _TEXTS = 34735, 34736, 34737
_SHORT, _DOUBLE, _ASCII = 3, 12, 2  # TIFF's types
# The type of each, and what the count of its values is a multiple of. GDAL's "no data" (42113) is
# not among them: it is a value of the image, and would be a class of the mask.
_KINDS = {
    _SCALE: (_DOUBLE, 3),
    _TIE_POINTS: (_DOUBLE, 6),
    _TRANSFORMATION: (_DOUBLE, 16),
    _KEYS: (_SHORT, 4),
    _NUMBERS: (_DOUBLE, 1),
    _TEXTS: (_ASCII, 1),
}
_TURNED = range(2, 9)  # orientations


def geo_name(mask: str) -> str:
    """Return the name of a mask as a GeoTIFF, by that of its PNG: ``a/b.tif`` of ``a/b.png``."""
    return os.path.splitext(mask)[0] + '.tif'


def has_georeference(image: str | os.PathLike) -> bool:
    """Return whether :func:`write_georeferenced` writes a mask of an image."""
    return _read(image) is not None


def write_georeferenced(
    path: str | os.PathLike, label: np.ndarray, image: str | os.PathLike
) -> None:
    """Write the mask of a GeoTIFF as a GeoTIFF with the same grid and coordinate system.

    Nothing is written for an image without a georeference, or one that its orientation tag turns:
    the mask's grid would be another one. A damaged georeference is one warning. A mask that an
    earlier image left at the path is removed then.

    Args:
        path: The file to write, ``.tif``; its folder is made.
        label: uint8, (H, W), of the size of the image, see :func:`.mask_file.encode_label`. It
            gets VOC's palette.
        image: The image, of any format.

    Raises:
        OSError: If nothing can be written.
    """
    georeference = _read(image)
    if georeference is None:
        Path(path).unlink(missing_ok=True)
        return
    import tifffile

    file = io.BytesIO()
    tifffile.imwrite(
        file,
        label,
        photometric='palette',
        colormap=voc_colors().T.astype(np.uint16) * 257,  # 16 bits each
        compression='zlib',
        metadata=None,
        **georeference,
    )
    write_bytes(path, file.getvalue())


def _read(image: str | os.PathLike) -> dict[str, Any] | None:
    """Return what tifffile needs to write the georeference of an image; None without one."""
    import tifffile

    try:
        with open(image, 'rb') as file:
            if not is_tiff(file.read(4)):
                return None
            file.seek(0)
            with tifffile.TiffFile(file) as tif:
                tags = tif.pages[0].tags
                found = {number: tags[number] for number in _KINDS if number in tags}
                if not found or (ORIENTATION in tags and tags[ORIENTATION].value in _TURNED):
                    return None
                _check(found)
                copies = [_copy(file, tag) for tag in found.values()]
                return dict(byteorder=tif.byteorder, extratags=copies)
    # A broken file can make a decoder raise anything.
    except Exception as error:
        warn(f'{image}: the georeference is damaged ({first_line(error)}); its mask gets none')
        return None


def _check(tags: Mapping[int, Any]) -> None:
    """Raise a ValueError that names a tag, one of tifffile's objects, that says nothing valid."""
    for number, tag in tags.items():
        kind, step = _KINDS[number]
        valid = tag.dtype == kind and tag.count and tag.count % step == 0
        if not valid or (kind == _DOUBLE and not np.isfinite(tag.value).all()):
            raise ValueError(f'its tag {number} is not valid')
    for number in _needed(tags) - set(tags):
        raise ValueError(f'its tag {number} is missing or unreadable')


def _needed(tags: Mapping[int, Any]) -> set[int]:
    """Return the tags without which others have no meaning."""
    needed = {_TIE_POINTS} if _SCALE in tags else set()
    if _KEYS in tags:
        keys = np.reshape(tags[_KEYS].value, (-1, 4))[1:]  # after the head: id, tag, count, place
        needed |= set(keys[:, 1].tolist()) - {0}  # 0: the value is the place itself
    return needed


def _copy(file: IO[bytes], tag: Any) -> tuple[int, int, int, bytes, bool]:
    """Return a tag as tifffile writes it, its bytes as they are."""
    file.seek(tag.valueoffset)
    return tag.code, int(tag.dtype), tag.count, file.read(tag.valuebytecount), True
