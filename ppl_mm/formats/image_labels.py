"""Files of image-level labels, read with errors that say where and what.

Every reader returns rows of the same kind, so that what their names mean is
checked in one place and every format reports a fault in the same words.
"""

import csv
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from ..errors import UserError

_HEADER = ['image', 'labels']


class LabelRow(NamedTuple):
    """One image's labels as a file has them.

    Attributes:
        image (str): Path below the image folder, with or without suffix.
        names (list): Class names, or class ids where the file counts them.
        where (str): File and line or entry, for messages.
    """

    image: str
    names: list
    where: str


def read_lines(path: str | os.PathLike, what: str) -> list[tuple[int, str]]:
    """Numbered lines of a text file, without those that are empty.

    Args:
        path (str | PathLike): The file.
        what (str): What the file is, for messages.

    Returns:
        list[tuple[int, str]]: Line numbers from 1, and stripped lines.

    Raises:
        UserError: The file is missing, no text, or empty.
    """
    lines = enumerate(_read_text(path, what).splitlines(), 1)
    lines = [(number, line.strip()) for number, line in lines if line.strip()]
    if not lines:
        raise UserError(f'{path}: the {what} is empty; write one entry a line')
    return lines


def read_csv(path: str | os.PathLike, classes: Sequence[str] = ()) -> list[LabelRow]:
    """Rows of ``image,labels`` with names between spaces or semicolons.

    Args:
        path (str | PathLike): The file, with the header ``image,labels``.
        classes (Sequence[str]): Known classes; only a name with a space in it
            that stands alone needs them.

    Returns:
        list[LabelRow]: In the order of the file.

    Raises:
        UserError: The file is missing, empty or malformed.
    """
    rows = []
    for number, cells in _csv_cells(path):
        where = f'{path} line {number}'
        if number == 1 and [cell.lower() for cell in cells] != _HEADER:
            raise UserError(f"{where}: is '{','.join(cells)}', expected the header 'image,labels'")
        if number == 1 or not any(cells):
            continue
        if len(cells) != 2 or not cells[0]:
            raise UserError(
                f"{where}: is '{','.join(cells)}', expected "
                "'image,labels' with spaces between the labels"
            )
        rows.append(LabelRow(cells[0], _split_names(cells[1], classes), where))
    return _not_empty(rows, path)


def read_json(path: str | os.PathLike) -> tuple[list[LabelRow], list[str] | None]:
    """Rows of a JSON file, of either of two kinds.

    ``{"cats/01": ["cat", "dog"], ..}``, or OpenMMLab 2.0's
    ``{"metainfo": {"classes": [..]}, "data_list": [{"img_path": "01.jpg",
    "gt_label": [0, 2]}, ..]}``.

    Args:
        path (str | PathLike): The file.

    Returns:
        tuple: The rows, and ``metainfo.classes`` as it stands or None.

    Raises:
        UserError: The file is missing, empty or malformed.
    """
    try:
        content = json.loads(_read_text(path, 'label file'), object_pairs_hook=_Pairs)
    except json.JSONDecodeError as error:
        raise UserError(
            f'{path} line {error.lineno}: is no JSON ({error.msg}); mend that line'
        ) from None
    if not isinstance(content, _Pairs):
        raise UserError(
            f'{path}: expected {{"image": ["class", ..]}} or {{"metainfo": .., "data_list": [..]}}'
        )
    fields = dict(content)
    if 'data_list' not in fields:
        rows = [_json_row(image, names, f"{path} entry '{image}'") for image, names in content]
        return _not_empty(rows, path), None
    entries, meta = fields['data_list'], fields.get('metainfo', _Pairs())
    if type(entries) is not list or not isinstance(meta, _Pairs):
        raise UserError(f'{path}: expected a list in data_list and an object in metainfo')
    rows = [
        _data_list_row(entry, f'{path} data_list[{index}]') for index, entry in enumerate(entries)
    ]
    return _not_empty(rows, path), dict(meta).get('classes')


def read_voc_xml(
    folder: str | os.PathLike, images: Sequence[str] | None, count_difficult: bool
) -> list[LabelRow]:
    """Rows of PASCAL VOC's annotations, one XML file an image.

    Args:
        folder (str | PathLike): The folder of the XML files.
        images (Sequence[str], optional): Ids to read; None for all files.
        count_difficult (bool): Whether an object marked difficult counts.

    Returns:
        list[LabelRow]: In the order of ``images`` or of the file names.

    Raises:
        UserError: The folder or a file is missing, or a file is malformed.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f'{folder}: the folder of XML files is missing; set ann_file')
    if images is None:
        images = sorted(path.stem for path in folder.glob('*.xml'))
    rows = [_xml_row(folder / f'{image}.xml', image, count_difficult) for image in images]
    return _not_empty(rows, folder)


def _csv_cells(path: str | os.PathLike) -> Iterator[tuple[int, list[str]]]:
    """Numbered lines of a CSV file as stripped cells."""
    reader = csv.reader(_read_text(path, 'label file').splitlines())
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise UserError(
            f'{path} line {reader.line_num}: is no CSV ({error}); mend that line'
        ) from None


class _Pairs(list):
    """A JSON object as pairs, which keeps keys that occur twice."""


def _json_row(image: str, names: object, where: str) -> LabelRow:
    if isinstance(names, str):
        names = [names]
    if not isinstance(names, list) or isinstance(names, _Pairs):
        raise UserError(f'{where}: expected a list of classes, got {type(names).__name__}')
    if any(isinstance(name, list) for name in names):  # or an object
        raise UserError(
            f'{where}: expected a list of classes, got one that '
            'holds a list or an object; write names only'
        )
    return LabelRow(image, names, where)


def _data_list_row(entry: object, where: str) -> LabelRow:
    fields = dict(entry) if isinstance(entry, _Pairs) else {}
    if not isinstance(fields.get('img_path'), str) or 'gt_label' not in fields:
        raise UserError(f"{where}: expected an object with 'img_path' and 'gt_label'")
    labels = fields['gt_label']
    if isinstance(labels, int):
        labels = [labels]
    return _json_row(fields['img_path'], labels, where)


def _xml_row(path: Path, image: str, count_difficult: bool) -> LabelRow:
    try:
        tree = ElementTree.fromstring(_read_bytes(path, 'label file'))
    except ElementTree.ParseError as error:
        raise UserError(f'{path}: is no XML ({error}); mend or replace the file') from None
    objects = tree.findall('object')
    names = [
        (item.findtext('name') or '').strip()
        for item in objects
        if count_difficult or item.findtext('difficult', '0').strip() != '1'
    ]
    if objects and not names:
        raise UserError(
            f'{path}: holds objects marked difficult only; set '
            'count_difficult=True or take the image out'
        )
    return LabelRow(image, names, str(path))


def _split_names(text: str, classes: Sequence[str]) -> list[str]:
    if text in classes:
        return [text]
    names = text.split(';') if ';' in text else text.split()
    return [name.strip() for name in names if name.strip()]


def _not_empty(rows: list[LabelRow], path: str | os.PathLike) -> list[LabelRow]:
    if not rows:
        raise UserError(f'{path}: holds no labels; write one entry an image')
    return rows


def _read_text(path: str | os.PathLike, what: str) -> str:
    try:
        return _read_bytes(path, what).decode('utf-8-sig')
    except UnicodeDecodeError:
        raise UserError(f'{path}: the {what} is no UTF-8 text; save it as such') from None


def _read_bytes(path: str | os.PathLike, what: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        reason = (
            'is missing'
            if isinstance(error, FileNotFoundError)
            else f'cannot be read ({error.strerror})'
        )
        raise UserError(f'{path}: the {what} {reason}; check the path') from None
