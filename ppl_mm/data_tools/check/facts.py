"""What is known of one image file, and of one mask."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...errors import UserError
from ...formats.images.photo import read_photo, used_white_of
from ...formats.mask_file import read_mask
from ...utils.files import file_sha256
from ..near_copies import look_of


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image file.

    Attributes:
        size: Width and height, upright.
        changes: What it is beside a plain picture.
        digest: SHA-256 of its bytes.
        used_white: White of the fewest bits that hold it, where it has 16 bits.
        look: A small grey copy, see :func:`.near_copies.look_of`; None if it cannot be read.
        problem: A line if it cannot be read, else ''.
    """

    size: tuple[int, int] = (0, 0)
    changes: tuple[str, ...] = ()
    digest: str = ''
    used_white: int | None = None
    look: np.ndarray | None = field(default=None, compare=False)
    problem: str = ''


@dataclass(frozen=True)
class MaskFacts:
    """What is known of a mask.

    Attributes:
        size: Width and height.
        pixels: How many pixels each value has that occurs in it.
        problem: A line if it cannot be read, else ''.
    """

    size: tuple[int, int] = (0, 0)
    pixels: Mapping[int, int] = field(default_factory=dict)
    problem: str = ''


def image_facts(path: str) -> ImageFacts:
    """Return what an image file holds, as training reads it."""
    try:
        photo = read_photo(path)
        white = used_white_of(path) if photo.values is None else None
        look = look_of(photo.picture)
        return ImageFacts(photo.full_size, photo.changes, file_sha256(path), white, look)
    except (UserError, OSError) as error:
        return ImageFacts(problem=str(error))


def mask_facts(path: str) -> MaskFacts:
    """Return what a mask holds."""
    try:
        mask = read_mask(path)
    except UserError as error:
        return MaskFacts(problem=str(error))
    counts = np.bincount(mask.ravel(), minlength=256)
    values = np.flatnonzero(counts)
    pixels = dict(zip(values.tolist(), counts[values].tolist(), strict=True))
    return MaskFacts(mask.shape[::-1], pixels)
