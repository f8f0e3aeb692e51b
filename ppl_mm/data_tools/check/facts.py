"""What is known of one image file, and of one mask."""

from dataclasses import dataclass

import numpy as np

from ...errors import UserError
from ...formats.images.photo import read_photo, used_white_of
from ...formats.mask_file import read_mask
from ...utils.files import file_sha256


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image file.

    Attributes:
        size: Width and height, upright.
        changes: What it is beside a plain picture.
        digest: SHA-256 of its bytes.
        used_white: White of the fewest bits that hold it, where it has 16 bits.
        problem: A line if it cannot be read, else ''.
    """

    size: tuple[int, int] = (0, 0)
    changes: tuple[str, ...] = ()
    digest: str = ''
    used_white: int | None = None
    problem: str = ''


@dataclass(frozen=True)
class MaskFacts:
    """What is known of a mask.

    Attributes:
        size: Width and height.
        values: That occur in it.
        problem: A line if it cannot be read, else ''.
    """

    size: tuple[int, int] = (0, 0)
    values: tuple[int, ...] = ()
    problem: str = ''


def image_facts(path: str) -> ImageFacts:
    """Return what an image file holds, as training reads it."""
    try:
        photo = read_photo(path)
        white = used_white_of(path) if photo.values is None else None
        return ImageFacts(photo.full_size, photo.changes, file_sha256(path), white)
    except (UserError, OSError) as error:
        return ImageFacts(problem=str(error))


def mask_facts(path: str) -> MaskFacts:
    """Return what a mask holds."""
    try:
        mask = read_mask(path)
    except UserError as error:
        return MaskFacts(problem=str(error))
    values = np.flatnonzero(np.bincount(mask.ravel(), minlength=256))
    return MaskFacts(mask.shape[::-1], tuple(values.tolist()))
