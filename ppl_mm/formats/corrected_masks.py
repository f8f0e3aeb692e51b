"""Masks of a data set that a user has corrected, and what is learnt from them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from ..utils.files import file_sha256, read_json, write_json
from .mask_file import write_label
from .voc_layout import VOCLayout, write_lines

#: In the data set: the SHA-256 of the corrected mask of each training image, which is learnt from;
#: missing where there is none.
CORRECTIONS = 'corrected.json'
#: The same of all other images, which nothing learns from.
HELD_OUT = 'corrected_held_out.json'


def write_corrected(layout: VOCLayout, masks: Mapping[str, np.ndarray]) -> list[str]:
    """Replace the corrected masks of a data set, uint8 (H, W) by image id, their list and records.

    Returns:
        The training images among them, sorted.
    """
    for path in layout.corrected_dir.rglob('*.png'):
        if path.relative_to(layout.corrected_dir).with_suffix('').as_posix() not in masks:
            path.unlink()
    for image, mask in masks.items():
        write_label(layout.corrected_path(image), mask)
    learnt = sorted(masks.keys() & set(layout.read_split('train')))
    listed = layout.split_path(VOCLayout.CORRECTED_SPLIT)
    if learnt:
        write_lines(listed, learnt)
    else:
        listed.unlink(missing_ok=True)
    _write_record(layout, CORRECTIONS, learnt)
    _write_record(layout, HELD_OUT, masks.keys() - set(learnt))
    return learnt


def has_corrections(data_root: Path) -> bool:
    """Return whether training images of a data set have corrected masks."""
    listed = VOCLayout(data_root).split_path(VOCLayout.CORRECTED_SPLIT)
    return listed.is_file() and (data_root / CORRECTIONS).is_file()


def correction_files(data_root: Path) -> tuple[Path, ...]:
    """Return the records of all corrected masks of a data set; none without one."""
    paths = (data_root / CORRECTIONS, data_root / HELD_OUT)
    return tuple(path for path in paths if path.is_file())


def held_out(data_root: Path) -> list[str]:
    """Return the images with a corrected mask that nothing has learnt from, sorted."""
    path = data_root / HELD_OUT
    return sorted(read_json(path)) if path.is_file() else []


def _write_record(layout: VOCLayout, name: str, images: Iterable[str]) -> None:
    """Write what the corrected masks of images are, if there are any."""
    found = {image: file_sha256(layout.corrected_path(image)) for image in sorted(images)}
    if found:
        write_json(layout.root / name, found)
    else:
        (layout.root / name).unlink(missing_ok=True)
