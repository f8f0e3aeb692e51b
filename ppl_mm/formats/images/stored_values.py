"""``image_values.json``: what a data set says of the values of its images.

It lies in the folder of the data set, above its image folder, and counts for all that is below.
"""

import json
import os
from pathlib import Path
from typing import NamedTuple

from ...errors import UserError
from ...utils.files import read_json, write_bytes
from .bands import ImageBands
from .bit_depth import FULL_WHITE
from .tiff_bands import is_tiff

VALUES_FILE = 'image_values.json'


class StoredValues(NamedTuple):
    """What the file says.

    Attributes:
        white_level: White of images of 16 bits; None if there are none.
        bands: Bands of the images; None if they are photos.
    """

    white_level: int | None = None
    bands: ImageBands | None = None

    def record(self) -> dict:
        """Return what is known in JSON's types: for the file, and for checkpoints of the data."""
        if self.bands is not None:
            return dict(bands=self.bands.record())
        return {} if self.white_level is None else dict(white_level=self.white_level)


def values_for(path: str | os.PathLike) -> StoredValues:
    """Return what the nearest ``image_values.json`` in or above a path says; it must be whole."""
    path = Path(os.path.abspath(path))
    folders = (path, *path.parents)
    return next((read_values(one) for one in folders if (one / VALUES_FILE).is_file()), _NOTHING)


def bands_for(path: str | os.PathLike, content: bytes) -> ImageBands | None:
    """Return the bands of the data set that a TIFF, by its bytes, lies in; None of other files."""
    return values_for(path).bands if is_tiff(content) else None


def read_values(root: str | os.PathLike) -> StoredValues:
    """Return what a data set's folder itself says; refuse a damaged file."""
    file = Path(root) / VALUES_FILE
    if not file.is_file():
        return _NOTHING
    try:
        found = read_json(file)
    except (OSError, ValueError):
        found = {}
    try:
        if found.get('bands') is not None:
            return StoredValues(bands=ImageBands.from_record(found['bands']))
    except UserError as error:
        raise UserError(f'{file}: {error}') from None
    white_level = found.get('white_level')
    if type(white_level) is not int or not 1 <= white_level <= FULL_WHITE:
        raise UserError(
            f'{file}: must hold {{"white_level": N}} with N from 1 to {FULL_WHITE}; '
            'write it, or delete the file'
        )
    return StoredValues(white_level)


def write_values(root: str | os.PathLike, values: StoredValues) -> None:
    """Store what is known of a data set's images; remove the file where nothing is."""
    file = Path(root) / VALUES_FILE
    if record := values.record():
        write_bytes(file, (json.dumps(record) + '\n').encode())
    else:
        file.unlink(missing_ok=True)


_NOTHING = StoredValues()
