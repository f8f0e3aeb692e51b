"""Every file below a user's folder: a photograph, or passed over and why."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from ..errors import UserError
from .images.checks import FOREIGN_SUFFIXES
from .images.image_file import PHOTO_SUFFIXES, read_image

_JPEG_SUFFIXES = ('.jpg', '.jpeg', '.jfif', '.jpe')
# A picture is flat, as masks are, where this many colours cover this part.
_FLAT_COLOURS, _FLAT_PART = 16, 0.9

# Folders that systems make, with small copies of photos and the like.
_OF_SYSTEMS = ('@eaDir', '__MACOSX', '$RECYCLE.BIN', 'System Volume Information')

HIDDEN = 'hidden files and folders'
UNKNOWN = 'files of another kind'
IRREGULAR = 'pipes, devices and links to nothing'
LINKS = 'links to folders above, or read already'
MASKS = 'masks that lie beside a JPEG of the same name'


@dataclass(frozen=True)
class FoundFiles:
    """What lies below a folder.

    Attributes:
        photos: Sorted paths below it, with slashes; those that cannot be read as well.
        skipped: All other files: from such a path to the kind that they are.
    """

    photos: list[str]
    skipped: dict[str, str]


def find_files(root: str | os.PathLike, leave_out: Iterable[str | os.PathLike] = ()) -> FoundFiles:
    """Look through a folder and all below it, links to folders elsewhere included.

    A PNG beside a JPEG of the same name is its mask if it is a flat picture; a photo saved twice
    stays.

    Args:
        root: The folder.
        leave_out: Folders below it that hold something else.

    Raises:
        UserError: The folder is missing or holds no photo.
    """
    if not os.path.isdir(root):
        raise UserError(f'{root}: the folder of photos is missing; check the path')
    seen = {os.path.realpath(path) for path in leave_out}
    # A link to a folder above would lead out of the one that was given.
    seen.update(map(str, Path(os.path.realpath(root)).parents))
    photos, skipped = list[str](), dict[str, str]()
    for folder, below, files in os.walk(os.fspath(root), followlinks=True):
        seen.add(os.path.realpath(folder))
        hidden = list(filter(is_hidden, below))
        # A link back would never end.
        back = [name for name in below if os.path.realpath(os.path.join(folder, name)) in seen]
        below[:] = [name for name in below if name not in {*hidden, *back}]
        back = [name for name in back if os.path.islink(os.path.join(folder, name))]
        for name in [*files, *hidden, *back]:
            path = Path(folder, name)
            below_root = path.relative_to(root).as_posix()
            why = LINKS if name in back else why_skipped(path)
            if why:
                skipped[below_root] = why
            else:
                photos.append(below_root)
    if not photos:
        raise UserError(f'{root}: holds no photo; known endings are {" ".join(PHOTO_SUFFIXES)}')
    skipped.update(dict.fromkeys(_masks_beside(root, photos), MASKS))
    return FoundFiles(sorted(set(photos) - skipped.keys()), skipped)


def _masks_beside(root: str | os.PathLike, photos: Sequence[str]) -> list[str]:
    """Return the PNGs that are masks of JPEGs of the same name beside them."""
    stems = {
        PurePosixPath(name).with_suffix('') for name in photos if _suffix(name) in _JPEG_SUFFIXES
    }
    return [
        name
        for name in photos
        if _suffix(name) == '.png'
        and PurePosixPath(name).with_suffix('') in stems
        and _is_flat(Path(root, name))
    ]


def why_skipped(path: Path) -> str:
    """Return what a file is if it is not a photo, else ''."""
    if is_hidden(path.name):
        return HIDDEN
    if not path.name.lower().endswith(PHOTO_SUFFIXES + FOREIGN_SUFFIXES):
        return UNKNOWN
    return '' if path.is_file() else IRREGULAR


def is_hidden(name: str) -> bool:
    """Return whether a file or folder is hidden by its name, or one that a system makes."""
    return name.startswith('.') or name in _OF_SYSTEMS


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _is_flat(path: Path) -> bool:
    """Return whether a few colours cover nearly all of a picture."""
    try:
        pixels = read_image(path).astype(np.uint32)
    except UserError:
        return False  # named when it is converted
    colours = pixels @ np.array([1, 256, 65536], np.uint32)  # (H, W)
    counts = np.sort(np.unique(colours, return_counts=True)[1])[-_FLAT_COLOURS:]
    return counts.sum() >= _FLAT_PART * colours.size
