"""Image-level labels in JSON files."""

import json
import os
from collections.abc import Sequence
from typing import Any

from ...errors import UserError
from ..class_list import check_classes
from ..image_list import check_image
from .json_pairs import Pairs, is_list, objects_of, read_pairs
from .label_names import LabelNames
from .label_row import LabelRow, LabelRows, saying_where
from .tool_json import read_tool_json

_FORMS = '{"image": ["class", ..]} or {"metainfo": .., "data_list": [..]}'
_TOOLS = (
    'of the files of annotation tools, COCO, Label Studio, CreateML and Datumaro JSON are read, '
    "and folders of LabelMe's, Darwin's or Supervisely's"
)
#: The form of OpenMMLab 2.0, whose classes have the ids of the classifier.
DATA_LIST = 'OpenMMLab JSON'


def read_json(path: str | os.PathLike, names: LabelNames) -> LabelRows:
    """Read a JSON file of image-level labels, see :func:`.read_labels`.

    ``{"cats/01": ["cat", "dog"], ..}``, or OpenMMLab 2.0's ``{"metainfo": {"classes": [..]},
    "data_list": [{"img_path": "01.jpg", "gt_label": [0, 2]}, ..]}``. The first kind may also hold
    vectors of 0 and 1, or of true and false, with a value for each class. Class ids refer to the
    classes of the file if it lists them, else to the known ones. Files of annotation tools are
    recognised by their content: COCO's, Label Studio's and Datumaro's.
    """
    content = read_pairs(path, _FORMS)
    if found := read_tool_json(content, path, names):
        return found
    if not isinstance(content, Pairs):
        raise UserError(f'{path}: expected {_FORMS}')
    fields = dict(content)
    if 'data_list' not in fields:
        return LabelRows(_json_rows(content, path, names), form='JSON')
    entries, meta = fields['data_list'], fields.get('metainfo', Pairs())
    if not is_list(entries) or not isinstance(meta, Pairs):
        raise UserError(f'{path}: expected a list in data_list and an object in metainfo')
    classes = dict(meta).get('classes')
    if classes is not None:
        classes = check_classes(classes, f'{path} metainfo.classes')
        names = names.of_classes(classes)
    objects = objects_of(entries, path, 'data_list', 'img_path', 'gt_label')
    rows = [_data_list_row(fields, place, path, names) for place, fields in objects]
    return LabelRows(rows, classes, DATA_LIST)


def _json_rows(content: Pairs, path: str | os.PathLike, names: LabelNames) -> list[LabelRow]:
    entries = [(image, _as_list(values, f'{path} entry {image!r}')) for image, values in content]
    if _are_vectors([values for _, values in entries], len(names.classes), path):
        entries = [(image, list(map(bool, values))) for image, values in entries]
    return [_row(image, values, f'entry {image!r}', path, names) for image, values in entries]


def _are_vectors(lists: Sequence[list], length: int, path: str | os.PathLike) -> bool:
    """Return whether lists of numbers are multi-hot vectors rather than class ids.

    Raises:
        UserError: They could be either, as ``[0, 1]`` for every image of a set of two classes.
    """
    if not lists or not all(
        len(values) == length and all(type(value) is int and value in (0, 1) for value in values)
        for values in lists
    ):
        return False
    if all(values == list(range(length)) for values in lists):
        raise UserError(
            f'{path}: {lists[0]} may be class ids or a vector with a value for each of the '
            f'{length} classes; write names of classes'
        )
    return True


def _as_list(values: Any, where: str) -> list:
    """Return the labels of an image as a list of single values."""
    if isinstance(values, str):
        return [values] if values.strip() else []
    if not is_list(values):
        raise UserError(f'{where}: expected a list of classes, got {_kind(values)}')
    if any(isinstance(value, list) for value in values):  # or an object
        raise UserError(
            f'{where}: expected a list of classes, got one that holds a list or an object; write '
            'names only'
        )
    return values


def _kind(value: object) -> str:
    return f'an object; {_TOOLS}' if isinstance(value, Pairs) else json.dumps(value)[:40]


def _data_list_row(
    fields: dict, place: str, path: str | os.PathLike, names: LabelNames
) -> LabelRow:
    if not isinstance(fields['img_path'], str):
        raise UserError(f"{path} {place}: expected an object with 'img_path' and 'gt_label'")
    labels = fields['gt_label']
    labels = [labels] if type(labels) is int else _as_list(labels, f'{path} {place}')
    return _row(fields['img_path'], labels, place, path, names)


def _row(
    image: str, values: list, place: str, path: str | os.PathLike, names: LabelNames
) -> LabelRow:
    check_image(image, f'{path} {place}')
    with saying_where(f'{path} {place}'):
        return LabelRow(image, names.from_values(values), path, place)
