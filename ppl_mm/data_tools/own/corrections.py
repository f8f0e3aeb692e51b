"""Masks that a user has corrected, taken back into the data set that they are of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ...errors import UserError
from ...formats.corrected_masks import write_corrected
from ...formats.edited_mask import read_edited_mask
from ...formats.image_folder import ImageFolder
from ...formats.images.image_file import image_size
from ...formats.mask_file import check_labels, read_mask
from ...formats.photo_names import mask_names
from ...formats.result_folder import ResultFolder
from ...formats.voc_layout import VOCLayout
from ...utils.files import file_sha256, read_json, write_json
from ...utils.text import counted, escaped, printable
from .masks import MaskFinder

# The SHA-256 of masks that were given back as they had been written, by name.
_UNCHANGED = 'not_corrected.json'


@dataclass(frozen=True, eq=False)
class Corrections:
    """What a folder of corrected masks holds.

    Args:
        corrected: Labels, uint8 (H, W), by image id.
        unchanged: The SHA-256 of masks that are as they were written, by name.
        unknown: Files that are not named like a mask.
    """

    corrected: Mapping[str, np.ndarray]
    unchanged: Mapping[str, str]
    unknown: tuple[str, ...]

    def lines(self, folder: Path, learnt: int) -> list[str]:
        """Return what to tell the user, of a folder whose trainings see so many of the masks."""
        taken = len(self.corrected)
        lines = [
            f'{folder}: {counted(taken, "corrected mask")}: {learnt} of training images, '
            f'to learn from, and {taken - learnt} of other images, to measure with; '
            f'{len(self.unchanged)} unchanged, not used'
        ]
        if self.unknown:
            lines.append(
                f'warning: {counted(len(self.unknown), "file is", "files are")} not named like a '
                f'mask of these images (first: {printable(self.unknown[0])})'
            )
        return lines


def check_corrected(folder: Path, results: ResultFolder) -> None:
    """Refuse a folder of corrected masks that is missing, and say how to make it."""
    if not folder.is_dir():
        raise UserError(
            f'--corrected {folder}: no such folder; copy the masks, cp -r {results.masks} '
            f'{folder}, and change some'
        )


def read_corrections(folder: Path, results: ResultFolder) -> Corrections:
    """Read the corrected masks of a folder, and write nothing.

    Its masks are named as those in ``results.masks``, see :class:`.MaskFinder`, and of the formats
    of :func:`.read_edited_mask`. One that is as it was written there is not a correction, so the
    whole folder may be copied and some of it changed.

    Raises:
        UserError: If the folder is missing, holds masks and none of these images, or a mask cannot
            be read, has the size of another image or a value or a colour that is not a class.
    """
    check_corrected(folder, results)
    taker = _Taker(results)
    found: dict[str, np.ndarray] = {}
    seen: dict[str, str] = {}
    image_of = mask_names(results.data)
    finder = MaskFinder(folder, _as_on_disk(folder, image_of))
    for name in _as_on_disk(folder, image_of):
        path, image = finder(name), image_of[escaped(name)]
        if path is None:
            continue
        if taker.is_unchanged(path, name, image):
            seen[escaped(name)] = file_sha256(path)
        else:
            found[image] = taker.read(path, image)
    return Corrections(found, seen, tuple(map(escaped, finder.unused)))


def write_corrections(found: Corrections, results: ResultFolder) -> int:
    """Write corrected masks into the data set, instead of those of earlier calls.

    Returns:
        How many of them are of training images, which the trainings see.
    """
    learnt = write_corrected(VOCLayout(results.data), found.corrected)
    write_json(results.data / _UNCHANGED, dict(found.unchanged))
    return len(learnt)


def _as_on_disk(folder: Path, names: Iterable[str]) -> list[str]:
    """Return names of masks; one with bytes that are not UTF-8 as the folder has it."""
    below = (path.relative_to(folder).as_posix() for path in folder.rglob('*.png'))
    found = {escaped(name): name for name in below}
    return [found.get(name, name) for name in names]


class _Taker:
    """Reads corrected masks, and knows those that were not corrected."""

    def __init__(self, results: ResultFolder) -> None:
        self.results, self.layout = results, VOCLayout(results.data)
        self.classes = self.layout.read_classes()
        self.images = ImageFolder(self.layout.image_dir)
        path = results.data / _UNCHANGED
        self.seen = read_json(path) if path.is_file() else {}
        self.written = results.written_masks.digests()

    def is_unchanged(self, path: Path, name: str, image: str) -> bool:
        """Return whether a mask is as it was written, now or before an earlier correction."""
        if self.seen.get(escaped(name)) == file_sha256(path):
            return True  # perhaps of a photo that is another one once more, which is corrected
        if self.layout.corrected_path(image).is_file():
            return False
        written = self.results.masks / name
        if not written.is_file() or self._is_edited(written, name):
            return False
        return np.array_equal(read_mask(written), read_edited_mask(path, self.classes))

    def _is_edited(self, written: Path, name: str) -> bool:
        """Return whether a mask was changed where it had been written: a copy is a correction."""
        return self.written.get(escaped(name)) not in (None, file_sha256(written))

    def read(self, path: Path, image: str) -> np.ndarray:
        """Return a mask at the size of its image in the data set, uint8 (H, W)."""
        mask = read_edited_mask(path, self.classes)
        advice = f'the classes are {", ".join(self.classes)}, from 1 on'
        check_labels(mask, len(self.classes), path, advice, self.layout.has_background)
        size = image_size(str(self.images.find_id(image)))
        height, width = mask.shape
        if abs(height * size[0] / width - size[1]) > 1:  # large photos are shrunk
            raise UserError(
                f'{path}: has {width} x {height} pixels, and its image {size[0]} x {size[1]}; '
                'correct the mask without cropping or turning it'
            )
        return np.array(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST))
