"""Cuts large images into parts, in which small objects are larger, and some of which show none."""

import os
import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import UserError
from ..formats.found_files import find_files
from ..formats.images.bit_depth import is_deep
from ..formats.images.checks import check_kind, naming, open_picture
from ..formats.images.orientation import orientation_of, turn_upright
from ..formats.images.tiff_bands import needs_bands, read_bands, write_bands
from ..formats.mask_file import open_mask, read_any_mask
from ..utils.files import atomic_write, read_json
from ..utils.processes.thread_pool import map_files
from .made_folder import MadeFolder
from .own.masks import MaskFinder, check_size

#: Folders of the parts, and of the parts of masks.
PHOTOS, MASKS = 'photos', 'masks'
#: The shortest side of a part, in pixels.
SHORTEST = 64
_RECORD = 'cut_images.json'
_JPEG = dict(format='JPEG', quality=95, subsampling=0)
_PNG_MODES = ('1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'I;16')
_PART = re.compile(r'.+_r\d+_c\d+\.(jpg|png|tif)', re.DOTALL)

Window = tuple[slice, slice]


def cut_images(
    photos: Path, out: Path, size: int, masks: Path | None = None, workers: int | None = None
) -> int | None:
    """Cut the images of a folder into parts of about one size, side by side.

    The parts of ``cat/1.jpg`` are ``photos/cat/1_r0_c0.jpg`` .. in ``out``; those of its mask have
    the same names in ``masks``. An interrupted run is done again by the next one.

    Args:
        photos: The folder.
        out: The folder of the parts.
        size: About how long the sides of a part are, in pixels; all parts of an image are equal.
        masks: Masks of some images, named as for ``own_data.py``. Defaults to None.
        workers: Threads. Defaults to None: one for each CPU.

    Returns:
        How many parts there are; None if all were there already.

    Raises:
        UserError: An image or a mask cannot be cut, or the folder holds something else.
    """
    if size < SHORTEST:
        raise UserError(f'--size {size}: must be {SHORTEST} pixels or more')
    if masks and not masks.is_dir():
        raise UserError(f'{masks}: the folder of masks is missing; check --masks')
    names = find_files(photos, [out, *([masks] if masks else [])]).photos
    _check_names(photos, names)
    find = MaskFinder(masks, names) if masks else None
    seen = {name: os.path.getsize(photos / name) for name in names}
    where = os.path.abspath(masks) if masks else None
    settings = dict(photos=os.path.abspath(photos), size=size, masks=where)
    folder = MadeFolder(out, _RECORD, settings, 'parts of images', (PHOTOS, MASKS))
    if folder.was_finished:
        _check_unchanged(folder, seen)
        return None
    folder.facts = dict(files=seen)
    cut = partial(_cut, photos, out, size, find)
    with folder:
        _remove_parts(out)
        return sum(count for _, count in map_files(cut, names, 'cutting', workers))


def _remove_parts(out: Path) -> None:
    """Remove what an interrupted run made, perhaps of images that have changed since."""
    for folder in (out / PHOTOS, out / MASKS):
        for path in sorted(folder.rglob('*.*')):
            if _PART.fullmatch(path.name) and path.is_file():
                path.unlink()


def _check_unchanged(folder: MadeFolder, seen: dict[str, int]) -> None:
    """Refuse to call parts complete of images that have changed since."""
    if read_json(folder.path).get('files') != seen:
        raise UserError(
            f'{folder.root}: was made from other images; remove it, or give another --out'
        )


def _check_names(photos: Path, names: Sequence[str]) -> None:
    """Refuse images whose parts would have one name."""
    known: dict[str, str] = {}
    for name in names:
        other = known.setdefault(os.path.splitext(name)[0], name)
        if other != name:
            raise UserError(f'{photos}: {other} and {name} differ in their ending only; rename one')


def windows(height: int, width: int, size: int) -> Iterator[tuple[str, Window]]:
    """Yield the name and the place of each part of an image, row by row.

    Examples:
        >>> [name for name, _ in windows(300, 400, 200)]
        ['r0_c0', 'r0_c1', 'r1_c0', 'r1_c1']
    """
    for row, rows in enumerate(_spans(height, size)):
        for column, columns in enumerate(_spans(width, size)):
            yield f'r{row}_c{column}', (rows, columns)


def _spans(length: int, size: int) -> list[slice]:
    count = max(1, int(length / size + 0.5))
    edges = [length * k // count for k in range(count + 1)]
    return [slice(*pair) for pair in pairwise(edges)]


def _cut(photos: Path, out: Path, size: int, find: MaskFinder | None, name: str) -> int:
    """Write the parts of an image and of its mask; return how many it has."""
    path = photos / name
    stem = os.path.splitext(name)[0]
    with naming(path):
        check_kind(path)
        values = read_bands(path.read_bytes()) if needs_bands(path) else _picture(path)
    height, width = values.shape[:2] if isinstance(values, np.ndarray) else values.size[::-1]
    parts = list(windows(height, width, size))
    for part, window in parts:
        _write(out / PHOTOS / f'{stem}_{part}', values, window)
    mask = find(name) if find else None
    if mask:
        picture = _mask(mask)
        check_size(mask, picture.size, path, (width, height))
        for part, window in parts:
            _write(out / MASKS / f'{stem}_{part}', picture, window)
    return len(parts)


def _picture(path: Path) -> Image.Image:
    """Return a photo as it is stored, but upright."""
    image = open_picture(path)
    if is_deep(image) and image.mode != 'I;16':
        raise UserError(
            'has colours of 16 bits, which are not cut; save it as TIFF without transparency'
        )
    upright = turn_upright(image, orientation_of(image))
    upright.load()
    upright.format = image.format
    return upright


def _mask(path: Path) -> Image.Image:
    """Return a mask upright, with the values that own_data.py reads, and its palette."""
    image = Image.fromarray(read_any_mask(path))
    with open_mask(path) as stored:
        if stored.mode == 'P':
            image.putpalette(stored.getpalette() or [])
    return image


def _write(stem: Path, values: np.ndarray | Image.Image, window: Window) -> None:
    """Write a part: JPEG of a JPEG, else without loss."""
    rows, columns = window
    if isinstance(values, np.ndarray):
        with atomic_write(Path(f'{stem}.tif')) as file:
            return write_bands(file, values[rows, columns])
    is_jpeg = values.format in ('JPEG', 'MPO')
    part = values.crop((columns.start, rows.start, columns.stop, rows.stop))
    part = part if part.mode in _PNG_MODES else part.convert('RGB')
    with atomic_write(Path(f'{stem}{".jpg" if is_jpeg else ".png"}')) as file:
        # Old versions of Pillow would write the EXIF by which the whole was turned.
        part.save(file, exif=b'', **(_JPEG if is_jpeg else dict(format='PNG')))
    return None
