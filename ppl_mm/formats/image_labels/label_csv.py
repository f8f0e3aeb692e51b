"""Image-level labels in CSV files."""

import csv
import io
import os
import re
from collections.abc import Callable, Iterator, Sequence

from ...errors import UserError
from ..class_list import check_classes
from ..image_list import image_fault, normal_name
from ..text_file import read_text
from .box_share import box_share
from .label_names import SPLIT_NAMES, LabelNames
from .label_row import LabelRow, LabelRows, saying_where

# Headers that columns have, the most telling first, names before ids; neither capitals nor signs
# matter.
_IMAGE = (
    *('image', 'images', 'imgpath', 'imagepath', 'imagename', 'imgname', 'filename', 'filepath'),
    *('path', 'file', 'img', 'photo', 'imageid', 'imageindex', 'name', 'id', 'idcode'),
)
_LABELS = (
    *('labels', 'labelname', 'classname', 'categoryname', 'label', 'classes', 'class'),
    *('categories', 'category', 'tags', 'tag', 'target', 'targets', 'findinglabels'),
)
# Columns that say which list an image is in: of 0 and 1, or of names of lists.
_IS_IN = re.compile(r'is(train(ing)?|val(id|idation)?|test)')
_LISTS = ('split', 'set', 'subset', 'fold', 'partition')
# Columns of a box, whose row has one class, with spaces or not.
_BOX = {'xmin', 'x1', 'xtl', 'bbox', 'left'}
# Columns with a box and the size of its image, as Roboflow and TensorFlow write them.
_CORNERS = ('xmin', 'xmax', 'ymin', 'ymax', 'width', 'height')
_FLAGS = {'1': True, '1.0': True, 'true': True, '': False}
_FLAGS |= {'0': False, '0.0': False, 'false': False}
# Cells of one class, in words and letters that are not read.
_ANSWERS = ('yes', 'no', 'ja', 'nein', 'oui', 'non')
_MARKS = ('x', 'y', 'n', 'j', 'o', 't', 'f')
_LONGEST = 80  # characters of a line that a message shows


def read_csv(
    path: str | os.PathLike, names: LabelNames, is_photo: Callable[[str], bool] | None = None
) -> LabelRows:
    """Read a CSV file of image-level labels, see :func:`.read_labels`.

    It has either a column of labels (``image,labels``; an only other column may have any name), or
    a column of 0 and 1 for each class (``image,cat,dog``, one-hot): true, false and blank mean the
    same. The column of the image has one of the usual names; of a one-hot file it may also be the
    first. Commas, semicolons or tabs separate the cells. Other columns beside one of labels are
    not read. Nor are, where each known class has a column, those of other names that hold something
    else than 0 and 1.

    Where ``is_photo`` tells which images exist, the one of several columns that may name the image
    is read that names most of these.
    """
    (number, header), *lines = [*_read_lines(path)] or [(1, [])]
    if not header:
        return LabelRows([], form='CSV')
    body = [cells for _, cells in lines]
    columns = _Columns(header, names, f'{path} line {number}', body, is_photo)
    rows = [columns.row(cells, path, number) for number, cells in lines]
    return LabelRows(rows, columns.classes, 'CSV' if columns.classes is None else 'one-hot CSV')


class _Columns:
    """Knows which column holds what, by the first line, which ``where`` names, and all others."""

    def __init__(
        self,
        header: list[str],
        names: LabelNames,
        where: str,
        rows: Sequence[list[str]],
        is_photo: Callable[[str], bool] | None,
    ) -> None:
        self.header, self.names = header, names
        plain = list(map(_plain, header))
        self.labels = next((plain.index(name) for name in _LABELS if name in plain), None)
        image = _image_column(plain, rows, is_photo)
        if self.labels is None and _is_one_hot(header, rows[0] if rows else (), image):
            image = 0
        self.has_boxes = not _BOX.isdisjoint(plain)
        self.corners = [*map(plain.index, _CORNERS)] if set(_CORNERS) <= set(plain) else []
        # A column without a name is the index that pandas writes.
        others = [place for place, cell in enumerate(header) if cell and place != image]
        self.flags = [place for place in others if not self._says_list(place, rows)]
        if self.labels is None and len(self.flags) == 1 and _holds_names(rows, self.flags[0]):
            self.labels = self.flags[0]
        if image is None or not self.flags:
            what = 'which has no labels, ' * (image is not None and bool(others))
            raise UserError(
                f"{where}: is '{_shown(header)}', {what}expected the header 'image,labels', or "
                "'image' and one column per class"
            )
        # pandas calls a second "label" "label.1".
        for place, more in ((image, ''), (self.labels, r'\d*')):
            alike = () if place is None else _alike(plain[place] + more, plain)
            if len(alike) > 1:
                both = ' and '.join(f"'{header[one]}'" for one in alike[:2])
                raise UserError(f'{where}: has the columns {both}; keep one')
        self.image = image
        self.classes = None
        if self.labels is None:
            self.flags = [place for place in self.flags if self._is_class(place, rows)]
            with saying_where(where):
                columns = [names.from_names([header[place]]) for place in self.flags]
            self.classes = check_classes([name for found in columns for name in found], where)
        self._known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def _says_list(self, place: int, rows: Sequence[list[str]]) -> bool:
        """Return whether a column says which list an image is in, and is not a class."""
        name = _plain(self.header[place])
        if normal_name(self.header[place]) in self.names.classes:
            return False
        if name in _LISTS:
            return all(cells[place].lower() in SPLIT_NAMES for cells in rows if place < len(cells))
        return _IS_IN.fullmatch(name) is not None

    def _is_class(self, place: int, rows: Sequence[list[str]]) -> bool:
        """Return whether a column is of a class: others are known where each class has one."""
        known = set(self.names.classes)
        if not known or not known <= set(map(normal_name, self.header)):
            return True
        if normal_name(self.header[place]) in known:
            return True
        return all(cells[place].lower() in _FLAGS for cells in rows if place < len(cells))

    def row(self, cells: list[str], path: str | os.PathLike, number: int) -> LabelRow:
        """Return the row of one line."""
        try:  # not saying_where: there may be many rows
            image, names = self._image(cells), self._names(cells)
            boxes = self._box(cells) if self.corners else None
            return LabelRow(image, names, path, number, boxes)
        except ValueError as error:
            raise UserError(f'{path} line {number}: {error}') from None

    def _image(self, cells: list[str]) -> str:
        if self.labels is None and len(cells) != len(self.header):
            raise ValueError(
                f"is '{_shown(cells)}' with {len(cells)} cells, expected {len(self.header)} as in "
                f"'{_shown(self.header)}'"
            )
        if len(cells) != len(self.header) or not cells[self.image]:
            raise ValueError(
                f"is '{_shown(cells)}', expected '{_shown(self.header)}' with spaces between the "
                'labels; a cell that holds commas needs double quotes'
            )
        fault = image_fault(cells[self.image])
        if fault:
            raise ValueError(fault)
        return cells[self.image]

    def _box(self, cells: list[str]) -> float | None:
        left, right, top, bottom, *size = (cells[place] for place in self.corners)
        return box_share(lambda: [((left, right), (top, bottom))], size)

    def _names(self, cells: list[str]) -> tuple[str, ...]:
        if self.labels is not None:
            text = cells[self.labels]
            is_one = self.has_boxes and text
            return self.names.from_names([text]) if is_one else self.names.from_text(text)
        flags = tuple(cells[place] for place in self.flags)
        names = self._known.get(flags)
        if names is None:
            on = [place for place in self.flags if self._flag(cells[place], self.header[place])]
            names = self._known[flags] = self.names.from_names(self.header[place] for place in on)
        return names

    @staticmethod
    def _flag(cell: str, column: str) -> bool:
        flag = _FLAGS.get(cell.lower())
        if flag is not None:
            return flag
        has = f"has '{cell[:_LONGEST]}', expected 0 or 1 in the column of a class, '{column}'"
        number = _number(cell)
        if number is None:
            raise ValueError(f"{has}; a column of names has the header 'labels'")
        if 0 < number < 1:
            raise ValueError(f'{has}; a probability is not a label, write 1 or 0')
        raise ValueError(
            f'{has}; correct it, or remove that column if it is not a class, or name the classes '
            '(own_data.py --classes, or classes.txt)'
        )


def _is_one_hot(header: Sequence[str], cells: Sequence[str], image: int | None) -> bool:
    """Return whether the first column is the image, and the others are flags of classes."""
    return (
        len(cells) == len(header) > 1
        and (image is None or (bool(header[0]) and cells[0].lower() not in _FLAGS))
        and not any(cell.lower() in _FLAGS for cell in header[1:])
        and all(cell.lower() in _FLAGS or _number(cell) is not None for cell in cells[1:])
    )


def _holds_names(body: Sequence[Sequence[str]], column: int) -> bool:
    """Return whether a column has names and no marks or numbers: ``breed`` in ``id,breed``."""
    cells = {cells[column].lower() for cells in body if column < len(cells)} - {''}
    if all(cell in _MARKS or not any(map(str.isalnum, cell)) for cell in cells):
        return False
    return not any(
        cell in _FLAGS or cell in _ANSWERS or _number(cell) is not None for cell in cells
    )


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _plain(header: str) -> str:
    return re.sub(r'[\W_]+', '', header.lower())


def _alike(pattern: str, columns: Sequence[str]) -> list[int]:
    """Return the places of headers that match a pattern."""
    return [place for place, name in enumerate(columns) if re.fullmatch(pattern, name)]


def _image_column(
    columns: Sequence[str], rows: Sequence[list[str]], is_photo: Callable[[str], bool] | None
) -> int | None:
    """Return the place of the column that names the image, None if there is none."""
    found = [columns.index(name) for name in _IMAGE if name in columns]
    if len(found) < 2 or is_photo is None:
        return found[0] if found else None
    photos = {
        place: sum(is_photo(cells[place]) for cells in rows if place < len(cells))
        for place in found
    }
    return max(found, key=photos.__getitem__)  # of equal ones the first, the most telling


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
