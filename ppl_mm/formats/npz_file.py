"""Arrays of an npz, read after a look at how large they say they are."""

import math
import os
import zipfile
from collections.abc import Sequence
from typing import IO

import numpy as np

from ..errors import UserError, first_line
from ..utils.files import check_regular

#: Arrays of a file that say they need more memory are not read. Maps of 20
#: classes at each pixel of a 12-megapixel image need half of it.
MAX_BYTES = 2**30
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npz(
    path: str | os.PathLike, what: str, required: Sequence[str], optional: Sequence[str] = ()
) -> dict[str, np.ndarray]:
    """Return some arrays of an npz by their names; nothing in it can run code.

    Args:
        path: The file.
        what: What the file is, for messages: 'CAM file'.
        required: Names of arrays that it must have.
        optional: Names of arrays that it may have; others are not looked at.

    Raises:
        UserError: If the file is missing, not a regular file, damaged, or of another kind; or if
            its arrays hold Python objects or need more than :data:`MAX_BYTES` of memory.
    """
    try:
        check_regular(path)
        with zipfile.ZipFile(path) as archive:
            known = [name for name in archive.namelist() if name.endswith('.npy')]
            missing = [name for name in required if f'{name}.npy' not in known]
            if missing:
                raise UserError(
                    f'{path}: not a {what} of ppl_mm, it has no {missing[0]!r}; export it again'
                )
            names = [*required, *(name for name in optional if f'{name}.npy' in known)]
            _check_sizes(archive, [f'{name}.npy' for name in names])
            return {name: _read(archive, f'{name}.npy') for name in names}
    except UserError:
        raise
    except FileNotFoundError as error:
        raise UserError(f'{path}: no such {what}; export this image again') from error
    except Exception as error:  # a damaged archive makes zipfile and NumPy raise anything
        raise UserError(
            f'{path}: not a readable {what} ({first_line(error)}); delete it and export it again'
        ) from error


def read_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    """Return shape and type of the array that an npy file holds, and go to where it begins.

    Raises:
        ValueError: The file is damaged, or of an unknown version.
    """
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f'{file.name} is of an unknown version {version}')
    shape, _, dtype = _HEADERS[version](file)
    return shape, dtype


def _check_sizes(archive: zipfile.ZipFile, members: Sequence[str]) -> None:
    """Refuse arrays by what their headers say."""
    total = 0
    for member in members:
        with archive.open(member) as file:
            shape, dtype = read_header(file)
        if dtype.hasobject:
            raise ValueError(f'{member} holds Python objects')
        total += math.prod(shape) * dtype.itemsize
    if total > MAX_BYTES:
        raise ValueError(f'its arrays need {total:,} bytes of memory, at most {MAX_BYTES:,} fit')


def _read(archive: zipfile.ZipFile, member: str) -> np.ndarray:
    with archive.open(member) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
        file.read(1)  # at the end the checksum is compared
        return array
