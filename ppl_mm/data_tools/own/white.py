"""What is white in a user's photos of more than 8 bits: one level for all."""

from collections.abc import Sequence
from pathlib import Path

from ...errors import UserError
from ...formats.photo import used_white_of
from ...utils.thread_pool import map_files
from .converter import OwnImage


def find_white_level(images: Sequence[OwnImage], workers: int | None = None) -> int | None:
    """Return the white of the fewest bits that hold every photo.

    Cameras and microscopes store 10, 12 or 14 bits in 16. One level for all keeps what is brighter
    in one photo than in another.

    Args:
        images: All images.
        workers: Threads. Defaults to None: one for each CPU.

    Returns:
        255, 511, .., 4095, .. or 65535; None where all photos have 8 bits.
    """
    paths = [image.sources[0].path for image in images]
    found = map_files(_used_white, paths, 'looking for 16 bits', workers)
    return max((white for _, white in found if white), default=None)


def _used_white(path: Path) -> int | None:
    try:
        return used_white_of(path)
    except UserError:
        return None  # named when it is converted
