"""Image-level labels in CSV files."""

import csv
import io
import os
import re
from collections.abc import Iterator, Sequence

from ...errors import UserError
from ..class_list import check_classes
from ..image_list import image_fault
from ..text_file import read_text
from .label_names import LabelNames
from .label_row import LabelRow, LabelRows

# Headers that columns have, the most telling first.
_IMAGE = (
    *('image', 'images', 'image_id', 'img', 'img_path', 'image_path', 'image_name', 'file'),
    *('filename', 'file_name', 'path', 'name', 'photo', 'id'),
)
_LABELS = ('labels', 'label', 'classes', 'class', 'class_name', 'categories', 'category', 'tags')
_FLAGS = {'1': True, '1.0': True, 'true': True, '0': False, '0.0': False, 'false': False}
_LONGEST = 80  # characters of a line that a message shows


def read_csv(path: str | os.PathLike, names: LabelNames) -> LabelRows:
    """Read a CSV file of image-level labels.

    It has either a column of labels (``image,labels``), or a column of 0 and 1 for each class
    (``image,cat,dog``). Commas, semicolons or tabs separate the cells. Other columns beside one of
    labels are not read.

    Args:
        path: The file.
        names: The rules for names.

    Returns:
        The rows, and the classes if they have columns.

    Raises:
        UserError: The file is missing or malformed.
    """
    lines = _read_lines(path)
    number, header = next(lines, (1, []))
    if not header:
        return LabelRows([])
    columns = _Columns(header, names, f'{path} line {number}')
    rows = [columns.row(cells, path, number) for number, cells in lines]
    return LabelRows(rows, columns.classes)


class _Columns:
    """Knows which column holds what.

    Args:
        header: The cells of the first line.
        names: The rules for names.
        where: The first line, for messages.
    """

    def __init__(self, header: list[str], names: LabelNames, where: str) -> None:
        self.header, self.names = header, names
        plain = [cell.lower().replace(' ', '_') for cell in header]
        image = _first(plain, _IMAGE)
        self.labels = _first(plain, _LABELS)
        # A column without a name is the index that pandas writes.
        self.flags = [place for place, cell in enumerate(header) if cell and place != image]
        if image is None or not self.flags:
            raise UserError(
                f"{where}: is '{_shown(header)}', expected the header 'image,labels', or 'image' "
                'and one column per class'
            )
        self.image = image
        self.classes = None
        if self.labels is None:
            columns = [self._of_column(place, where) for place in self.flags]
            self.classes = check_classes([name for names in columns for name in names], where)
        self._known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def _of_column(self, place: int, where: str) -> tuple[str, ...]:
        try:
            return self.names.from_names([self.header[place]])
        except ValueError as error:
            raise UserError(f'{where}: {error}') from None

    def row(self, cells: list[str], path: str | os.PathLike, number: int) -> LabelRow:
        """Return the row of one line.

        Args:
            cells: Its cells.
            path: The file.
            number: The number of the line.

        Raises:
            UserError: The line is malformed.
        """
        try:
            return LabelRow(self._image(cells), self._names(cells), path, number)
        except ValueError as error:
            raise UserError(f'{path} line {number}: {error}') from None

    def _image(self, cells: list[str]) -> str:
        if len(cells) != len(self.header) or not cells[self.image]:
            raise ValueError(
                f"is '{_shown(cells)}', expected '{_shown(self.header)}' with spaces between the "
                'labels; a cell that holds commas needs double quotes'
            )
        fault = image_fault(cells[self.image])
        if fault:
            raise ValueError(fault)
        return cells[self.image]

    def _names(self, cells: list[str]) -> tuple[str, ...]:
        if self.labels is not None:
            return self.names.from_text(cells[self.labels])
        flags = tuple(cells[place] for place in self.flags)
        names = self._known.get(flags)
        if names is None:
            on = [place for place, cell in zip(self.flags, flags, strict=True) if self._flag(cell)]
            names = self._known[flags] = self.names.from_names(self.header[place] for place in on)
        return names

    @staticmethod
    def _flag(cell: str) -> bool:
        if cell.lower() not in _FLAGS:
            raise ValueError(
                f"has '{cell[:_LONGEST]}', expected 0 or 1 in the column of a class; a column of "
                "names has the header 'labels'"
            )
        return _FLAGS[cell.lower()]


def _first(columns: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Return the place of the first wanted header, None if there is none."""
    return next((columns.index(name) for name in wanted if name in columns), None)


def _read_lines(path: str | os.PathLike) -> Iterator[tuple[int, list[str]]]:
    """Yield the stripped cells of each line that is not empty, with its number."""
    text = read_text(path, 'label file')
    first = re.split(r'[\r\n]', text.lstrip('\r\n'), maxsplit=1)[0]
    reader = csv.reader(io.StringIO(text, newline=''), delimiter=max(',;\t', key=first.count))
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise UserError(
            f'{path} line {reader.line_num}: is not valid CSV ({error}); correct that line'
        ) from None


def _shown(cells: Sequence[str]) -> str:
    """Return a line as a message shows it."""
    text = ','.join(cells)
    text = text if text.isprintable() else ascii(text)[1:-1]
    return text if len(text) <= _LONGEST else f'{text[:_LONGEST]}..'
