"""The folder that a prediction writes: masks, overlays, a table and a record."""

import csv
import io
import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
from PIL import Image

from ...formats.class_list import natural_order
from ...formats.geo_tiff import geo_name, write_georeferenced
from ...formats.mask_file import write_label
from ...utils.claims import Claim
from ...utils.files import atomic_write, check_regular, read_json, write_bytes, write_json
from ...utils.text import printable

_QUALITY = 90  # of overlays, as JPEGs


class PredictionFolder:
    """Where the files of a prediction are; the folder need not exist."""

    def __init__(self, root: str | os.PathLike) -> None:
        self.root = Path(root)
        self.masks = self.root / 'masks'
        self.masks_geo = self.root / 'masks_geo'
        self.overlays = self.root / 'overlays'
        self.record_path = self.root / 'predictions.json'
        self.table_path = self.root / 'predictions.csv'
        self.problems_path = self.root / 'problems.txt'

    @property
    def pictures(self) -> tuple[Path, ...]:
        """The folders of what is written for each image."""
        return self.masks, self.masks_geo, self.overlays

    def mask_path(self, name: str) -> Path:
        """Return the path of a mask."""
        return self.masks / f'{name}.png'

    def geo_path(self, name: str) -> Path:
        """Return the path of the mask of a GeoTIFF as a GeoTIFF."""
        return self.masks_geo / f'{name}.tif'

    def overlay_path(self, name: str) -> Path:
        """Return the path of an overlay."""
        return self.overlays / f'{name}.jpg'

    def claim(self, identity: Mapping) -> AbstractContextManager[dict | None]:
        """Return a context that holds the folder for a run of an identity, of JSON's types.

        Raises:
            UserError: If the folder holds something else or the masks of another model, or another
                run is at work there.
        """
        parts = [path.name for path in self.pictures]
        return Claim(self.record_path, identity, 'predictions', self._has_masks, parts).hold()

    def _has_masks(self) -> bool:
        return any(self.masks.rglob('*.png'))

    def write_record(self, record: Mapping) -> None:
        """Write the record, unless it says that already."""
        if not self.record_path.is_file() or read_json(self.record_path) != record:
            write_json(self.record_path, record)

    def write_mask(self, name: str, label: np.ndarray, image: str | os.PathLike) -> None:
        """Write a mask, uint8 (H, W), with VOC's palette; that of a GeoTIFF as one, too."""
        write_georeferenced(self.geo_path(name), label, image)
        write_label(self.mask_path(name), label)

    def remove_mask(self, file: str) -> None:
        """Remove a mask, by the name of its PNG in the folder of masks."""
        (self.masks / file).unlink(missing_ok=True)
        (self.masks_geo / geo_name(file)).unlink(missing_ok=True)

    def write_overlay(self, name: str, picture: np.ndarray) -> None:
        """Write a picture, RGB uint8 (H, W, 3)."""
        with atomic_write(self.overlay_path(name)) as file:
            Image.fromarray(picture).save(file, 'JPEG', quality=_QUALITY)

    def write_problems(self, problems: Mapping[str, str]) -> None:
        """Write why images have no mask, one line each; no file if all have one."""
        if not problems:
            self.problems_path.unlink(missing_ok=True)
            return
        lines = ''.join(f'{printable(line)}\n' for line in problems.values())
        _write_if_new(self.problems_path, lines.encode())


class PredictionTable:
    """The CSV of a prediction: a row for each image, written as soon as it is done.

    The first column names the image. What an interrupted run has written is read, but for a last
    line that is not whole; a table of other columns is not.
    """

    def __init__(self, path: Path, columns: Iterable[str]) -> None:
        self.path, self.columns = path, list(columns)
        self.rows = self._read()

    def add(self, row: Mapping[str, object]) -> None:
        """Append a row, after :meth:`write`."""
        values = {key: str(row[key]) for key in self.columns}
        with open(self.path, 'ab') as file:
            file.write(_line(values.values()))
        self.rows[values[self.columns[0]]] = values

    def write(self) -> None:
        """Write the whole table, in natural order of the images, unless it is there."""
        rows = [self.rows[name].values() for name in natural_order(self.rows)]
        _write_if_new(self.path, b''.join(map(_line, [self.columns, *rows])))

    def _read(self) -> dict[str, dict[str, str]]:
        if not self.path.is_file():
            return {}
        text = self.path.read_bytes().decode('utf-8', errors='replace')
        whole = text[: text.rfind('\n') + 1]
        rows = csv.DictReader(io.StringIO(whole))
        if rows.fieldnames != self.columns:
            return {}
        # A row that is too long has a key None, one that is too short has values None.
        whole_rows = (row for row in rows if None not in row and None not in row.values())
        return {row[self.columns[0]]: row for row in whole_rows}


def _write_if_new(path: Path, content: bytes) -> None:
    if path.exists():
        check_regular(path)
    if not path.exists() or path.read_bytes() != content:
        write_bytes(path, content)


def _line(values: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator='\n').writerow(values)
    return text.getvalue().encode()
