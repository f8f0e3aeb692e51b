"""What is white in a user's images of more than 8 bits: one level for all."""

from collections.abc import Sequence
from pathlib import Path

from ...errors import UserError
from ...utils.processes.thread_pool import map_files
from .bit_depth import FULL_WHITE
from .photo import used_white_of


def find_white_level(paths: Sequence[Path], workers: int | None = None) -> int | None:
    """Return the white of the fewest bits that hold every image, None where all have 8 bits.

    Cameras and microscopes store 10, 12 or 14 bits in 16. One level for all keeps what is brighter
    in one image than in another.
    """
    found = map_files(_used_white, paths, 'looking for 16 bits', workers)
    return max((white for _, white in found if white), default=None)


def check_white_level(white_level: int | None) -> None:
    """Refuse a white level that 16 bits cannot hold."""
    if white_level is not None and not 1 <= white_level <= FULL_WHITE:
        raise UserError(f'--white-level {white_level}: give 1 to {FULL_WHITE}')


def white_level_line(white_level: int) -> str:
    """Return what is said of images of 16 bits."""
    return f'0..{white_level} of 16 bits became 0..255; --white-level sets another'


def _used_white(path: Path) -> int | None:
    try:
        return used_white_of(path)
    except UserError:
        return None  # named when it is read
