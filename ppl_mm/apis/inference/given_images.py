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
from .prediction_folder import PredictionFolder


@dataclass(frozen=True)
class GivenImages:
    """Images, named by their paths below one folder, with slashes.

    ``skipped`` says why other files are not images, by their paths.
    """

    root: Path
    names: Sequence[str]
    skipped: Mapping[str, str] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        """Return the file of an image."""
        return self.root / name


def find_images(
    given: Iterable[str | os.PathLike], out: PredictionFolder | None = None
) -> GivenImages:
    """Find the images that are meant.

    Args:
        given: Folders, with all below them; files; and patterns, in which ``**`` stands for
            folders.
        out: Where predictions are written. Masks and overlays there are not images, also where a
            pattern matches them.

    Returns:
        Each image once, in natural order. The folder that names are below is the one that is
        given, or the nearest one above all that is given.

    Raises:
        UserError: If something is missing, or nothing is an image.
    """
    files: dict[Path, str] = {}  # why it is skipped, '' for an image
    tops = []
    written = [out.root, *out.pictures] if out else []
    for path in _not_written(_expanded(given), written):
        tops.append(path if path.is_dir() else path.parent)
        files.update(_below(path, written) if path.is_dir() else {path: why_skipped(path)})
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


def _not_written(given: Iterable[str], written: Sequence[Path]) -> list[Path]:
    """Return the paths outside of an output folder; if all are inside, those of no result."""
    paths = list(map(Path, given))
    kept = _outside(paths, written) or _outside(paths, written[1:])
    if not kept:
        raise UserError(f'{paths[0]}: is where masks are written; give images that are elsewhere')
    return kept


def _outside(paths: Iterable[Path], folders: Iterable[Path]) -> list[Path]:
    tops = list(map(os.path.realpath, folders))
    real = ((path, Path(os.path.realpath(path))) for path in paths)
    return [path for path, full in real if not any(map(full.is_relative_to, tops))]


def _below(folder: Path, leave_out: Iterable[str | os.PathLike]) -> dict[Path, str]:
    found = find_files(folder, leave_out)
    photos = dict.fromkeys(found.photos, '')
    return {folder / name: why for name, why in {**photos, **found.skipped}.items()}
