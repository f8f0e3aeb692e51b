"""The images that a user names: folders, files and patterns."""

import glob
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import UserError
from ...formats.class_list import natural_order
from ...formats.found_files import find_files, why_skipped
from ...formats.images.image_file import PHOTO_SUFFIXES


@dataclass(frozen=True)
class GivenImages:
    """Images, named by their paths below one folder.

    Args:
        root: The folder.
        names: Paths below it, with slashes.
        skipped: Why other files are not images, by their paths below it.
    """

    root: Path
    names: Sequence[str]
    skipped: Mapping[str, str] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        """Return the file of an image."""
        return self.root / name


def find_images(
    given: Iterable[str | os.PathLike], leave_out: Iterable[str | os.PathLike] = ()
) -> GivenImages:
    """Find the images that are meant.

    Args:
        given: Folders, with all below them; files; and patterns, in which ``**`` stands for
            folders.
        leave_out: Folders that hold something else, also where they are given, as by ``photos/*``.

    Returns:
        Each image once, in natural order. The folder that names are below is the one that is
        given, or the nearest one above all that is given.

    Raises:
        UserError: If something is missing, or nothing is an image.
    """
    files: dict[Path, str] = {}  # why it is skipped, '' for an image
    tops = []
    for path in _outside(_expanded(given), leave_out):
        tops.append(path if path.is_dir() else path.parent)
        files.update(_below(path, leave_out) if path.is_dir() else {path: why_skipped(path)})
    root = Path(os.path.commonpath(list(map(os.path.abspath, tops))))
    names = {
        Path(os.path.abspath(path)).relative_to(root).as_posix(): files[path] for path in files
    }
    images = natural_order(name for name, why in names.items() if not why)
    if not images:
        raise UserError(
            f'{root}: nothing there is an image; known endings are {" ".join(PHOTO_SUFFIXES)}'
        )
    return GivenImages(root, images, {name: why for name, why in names.items() if why})


def _expanded(given: Iterable[str | os.PathLike]) -> list[str]:
    found = []
    for item in map(str, given):
        if os.path.lexists(item):
            found.append(item)
        elif glob.has_magic(item) and (matches := glob.glob(item, recursive=True)):
            found += matches
        else:
            what = 'matches nothing' if glob.has_magic(item) else 'no such file or folder'
            raise UserError(f'{item}: {what}; give a folder of images, images, or a pattern')
    if not found:
        raise UserError('no images; give a folder of images, images, or a pattern')
    return found


def _outside(
    given: Iterable[str | os.PathLike], leave_out: Iterable[str | os.PathLike]
) -> list[Path]:
    """Return the paths that are not in one of the folders."""
    paths = list(map(Path, given))
    folders = {Path(os.path.realpath(folder)) for folder in leave_out}
    kept = [
        path
        for path, real in ((path, Path(os.path.realpath(path))) for path in paths)
        if folders.isdisjoint((real, *real.parents))
    ]
    if not kept:
        raise UserError(f'{paths[0]}: is where masks are written; give images that are elsewhere')
    return kept


def _below(folder: Path, leave_out: Iterable[str | os.PathLike]) -> dict[Path, str]:
    found = find_files(folder, leave_out)
    photos = dict.fromkeys(found.photos, '')
    return {folder / name: why for name, why in {**photos, **found.skipped}.items()}
