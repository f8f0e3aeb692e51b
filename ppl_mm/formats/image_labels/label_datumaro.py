"""Image-level labels in Datumaro's JSON, which CVAT exports and Datumaro makes of many formats."""

import os
from collections.abc import Mapping

from ...errors import UserError
from ..image_list import check_image
from .json_pairs import Pairs, fields_of, items_of
from .label_names import LabelNames
from .label_row import LabelRow, LabelRows
from .tool_classes import ToolClasses


def is_datumaro(content: Mapping) -> bool:
    """Return whether the fields of a JSON file are Datumaro's.

    Args:
        content: The fields.
    """
    return isinstance(content.get('categories'), Pairs) and isinstance(content.get('items'), list)


def read_datumaro(content: Mapping, path: str | os.PathLike, names: LabelNames) -> LabelRows:
    """Return the labels of Datumaro's items: labels, boxes, polygons, masks.

    Args:
        content: The fields of the file.
        path: The file, for messages.
        names: The rules for names.

    Returns:
        A row for each item; one without an annotation is a negative.

    Raises:
        UserError: A part is missing or malformed, or a label is not listed.
    """
    where = f'{path} categories.label'
    label = fields_of(fields_of(content['categories'], where, 'label')['label'], where, 'labels')
    listed = [
        fields_of(one, f'{where}.labels[{number}]', 'name')['name']
        for number, one in enumerate(items_of(label['labels'], f'{where}.labels'))
    ]
    classes = ToolClasses(enumerate(listed), names, where)
    items = items_of(content['items'], f'{path} items')
    rows = [_row(item, f'items[{number}]', path, classes) for number, item in enumerate(items)]
    return LabelRows(rows, classes.classes, 'Datumaro JSON', by_tail=True)


def _row(item: object, place: str, path: str | os.PathLike, classes: ToolClasses) -> LabelRow:
    where = f'{path} {place}'
    fields = fields_of(item, where, 'id', 'annotations')
    name = fields['id']  # the path of its image, without ending
    if not isinstance(name, str):
        raise UserError(f'{where}: has the id {name!r}, expected a path without ending')
    annotations = items_of(fields['annotations'], f'{where} annotations')
    ids = [fields_of(one, f'{where} annotations').get('label_id') for one in annotations]
    try:
        shown = classes.names(classes.name(one) for one in ids if one is not None)
    except ValueError as error:
        raise UserError(f'{where}: {error}; correct label_id') from None
    return LabelRow(check_image(name, where), shown, path, place)
