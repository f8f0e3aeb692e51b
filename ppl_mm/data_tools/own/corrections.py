"""Masks that a user has corrected, taken back into the data set that they are of."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ...apis.given_images import output_names
from ...errors import UserError
from ...formats.image_folder import ImageFolder
from ...formats.mask_file import check_labels, read_any_mask, read_mask, write_label
from ...formats.result_folder import ResultFolder
from ...formats.voc_layout import VOCLayout, write_lines
from ...utils.files import file_sha256, read_json, write_json
from .data import escaped
from .settings import SOURCES

#: In the data set: the SHA-256 of the mask of each corrected image; missing where there is none.
CORRECTIONS = 'corrected.json'
# The SHA-256 of masks that were given back as they had been written, by name.
_UNCHANGED = 'not_corrected.json'


@dataclass(frozen=True)
class Corrections:
    """What was found in a folder of corrected masks.

    Args:
        taken: Images with a corrected mask.
        learnt: Those of them that the trainings see.
        unchanged: Masks that are as they were written.
        unknown: Files that are not named like a mask.
    """

    taken: int
    learnt: int
    unchanged: int
    unknown: tuple[str, ...]

    def lines(self, folder: Path) -> list[str]:
        """Return what to tell the user."""
        lines = [
            f'{folder}: {self.taken} corrected masks, {self.learnt} of them of training images; '
            f'{self.unchanged} are unchanged and not used'
        ]
        if self.unknown:
            lines.append(
                f'warning: {len(self.unknown)} files are not named like a mask of these images '
                f'(first: {self.unknown[0]})'
            )
        return lines


def take_corrections(folder: Path, results: ResultFolder) -> Corrections:
    """Write the corrected masks of a folder into the data set, instead of those of earlier calls.

    A mask that is as it was written to ``results.masks`` is not a correction, so the whole folder
    may be copied and some of it changed.

    Args:
        folder: Masks at the paths of those in ``results.masks``.
        results: Holds the data set.

    Raises:
        UserError: If the folder is missing, or a mask cannot be read, has the size of another
            image or a value that is not a class.
    """
    if not folder.is_dir():
        raise UserError(f'--corrected {folder}: no such folder; give a copy of {results.masks}')
    layout, taker = VOCLayout(results.data), _Taker(results)
    found: dict[str, np.ndarray] = {}
    seen: dict[str, str] = {}
    unknown: list[str] = []
    image_of = mask_names(results.data)
    for path in sorted(folder.rglob('*.png')):
        name = path.relative_to(folder).as_posix()
        if (image := image_of.get(escaped(name))) is None:
            unknown.append(escaped(name))
        elif taker.is_unchanged(path, name, image):
            seen[escaped(name)] = file_sha256(path)
        else:
            found[image] = taker.read(path, image)
    learnt = sorted(found.keys() & set(layout.read_split('train')))
    _write(layout, found, learnt)
    write_json(results.data / _UNCHANGED, seen)
    return Corrections(len(found), len(learnt), len(seen), tuple(unknown))


def images_of(data_root: Path) -> dict[str, str]:
    """Return the image id of each photograph that is used, by its name.

    Args:
        data_root: A data set of ``own_data.py``.
    """
    with open(data_root / SOURCES, encoding='utf-8', newline='') as file:
        rows = list(csv.DictReader(file))
    return {row['photo']: row['image'] for row in rows if row['image'] and not row['problem']}


def mask_names(data_root: Path) -> dict[str, str]:
    """Return the image id of each mask that a user gets, by its path.

    Args:
        data_root: A data set of ``own_data.py``.
    """
    photos = images_of(data_root)
    return {f'{name}.png': photos[photo] for photo, name in output_names(photos).items()}


def has_corrections(data_root: Path) -> bool:
    """Return whether images of a data set have corrected masks."""
    return (data_root / CORRECTIONS).is_file()


class _Taker:
    """Reads corrected masks, and knows those that were not corrected."""

    def __init__(self, results: ResultFolder) -> None:
        self.results, self.layout = results, VOCLayout(results.data)
        self.classes = self.layout.read_classes()
        self.images = ImageFolder(self.layout.image_dir)
        path = results.data / _UNCHANGED
        self.seen = read_json(path) if path.is_file() else {}

    def is_unchanged(self, path: Path, name: str, image: str) -> bool:
        """Return whether a mask is as it was written, now or before an earlier correction."""
        if self.layout.corrected_path(image).is_file():
            return False
        if self.seen.get(escaped(name)) == file_sha256(path):
            return True
        written = self.results.masks / name
        return written.is_file() and np.array_equal(read_mask(written), read_any_mask(path))

    def read(self, path: Path, image: str) -> np.ndarray:
        """Return a mask at the size of its image in the data set, uint8 (H, W)."""
        mask = read_any_mask(path)
        advice = f'the classes are {", ".join(self.classes)}, from 1 on'
        check_labels(mask, len(self.classes), path, advice)
        with Image.open(str(self.images.find_id(image))) as picture:
            size = picture.size
        height, width = mask.shape
        if abs(height * size[0] / width - size[1]) > 1:  # large photos are shrunk
            raise UserError(
                f'{path}: has {width} x {height} pixels, and its image {size[0]} x {size[1]}; '
                'correct the mask without cropping or turning it'
            )
        return np.array(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST))


def _write(layout: VOCLayout, found: Mapping[str, np.ndarray], learnt: list[str]) -> None:
    """Replace the corrected masks of a data set, their list and their record."""
    record, listed = layout.root / CORRECTIONS, layout.split_path(VOCLayout.CORRECTED_SPLIT)
    for path in layout.corrected_dir.rglob('*.png'):
        if path.relative_to(layout.corrected_dir).with_suffix('').as_posix() not in found:
            path.unlink()
    for image, mask in found.items():
        write_label(layout.corrected_path(image), mask)
    if not learnt:
        listed.unlink(missing_ok=True)
    else:
        write_lines(listed, learnt)
    if not found:
        record.unlink(missing_ok=True)
        return
    write_json(record, {image: file_sha256(layout.corrected_path(image)) for image in found})
