"""Image-level labels in COCO's JSON: the classes of each image's annotations."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import UserError
from ..image_list import check_image
from .json_pairs import Pairs, fields_of, items_of
from .label_names import LabelNames
from .label_row import LabelRow, LabelRows
from .tool_classes import ToolClasses


def is_coco(content: Mapping) -> bool:
    """Return whether the fields of a JSON file are COCO's.

    Args:
        content: The fields.
    """
    return all(
        isinstance(content.get(name), list) and not isinstance(content[name], Pairs)
        for name in ('images', 'categories')
    )


def read_coco(content: Mapping, path: str | os.PathLike, names: LabelNames) -> LabelRows:
    """Return the labels of COCO's instances, boxes or polygons, whatever their size.

    Args:
        content: The fields of the file.
        path: The file, for messages.
        names: The rules for names.

    Returns:
        A row for each image; one without an annotation is a negative. The classes are in the order
        of their ids.

    Raises:
        UserError: A part is missing or malformed, or refers to an image or category that is not
            listed.
    """
    classes = ToolClasses(_categories(content, path), names, f'{path} categories')
    rows = dict(_images(content['images'], path))
    shown: dict[object, dict[str, None]] = {image: {} for image in rows}
    if 'annotations' not in content:
        raise UserError(f"{path}: has no 'annotations'; give COCO's instances, with all its parts")
    for number, entry in enumerate(items_of(content['annotations'], f'{path} annotations')):
        where = f'{path} annotations[{number}]'
        fields = fields_of(entry, where, 'image_id', 'category_id')
        image = fields['image_id']
        if not isinstance(image, int | str) or image not in shown:
            raise UserError(f'{where}: image_id {image!r} is not in images; take it out or add it')
        try:
            shown[image][classes.name(fields['category_id'])] = None
        except ValueError as error:
            raise UserError(f'{where}: {error}; correct category_id') from None
    found = [_labelled(row, classes, shown[image]) for image, row in rows.items()]
    return LabelRows(found, classes.classes, 'COCO JSON', by_tail=True)


def _labelled(row: LabelRow, classes: ToolClasses, shown: Mapping[str, None]) -> LabelRow:
    try:
        return row._replace(names=classes.names(shown))
    except ValueError as error:
        raise UserError(f'{row.where}: {error}') from None


def _categories(content: Mapping, path: str | os.PathLike) -> list[tuple[Any, Any]]:
    """Return id and name of each category, by id."""
    fields = [
        fields_of(entry, f'{path} categories[{number}]', 'id', 'name')
        for number, entry in enumerate(content['categories'])
    ]
    pairs = [(one['id'], one['name']) for one in fields]
    are_numbers = all(type(key) is int for key, _ in pairs)
    return sorted(pairs, key=lambda pair: pair[0]) if are_numbers else pairs


def _images(images: list, path: str | os.PathLike) -> Iterator[tuple[int | str, LabelRow]]:
    """Yield the id of each image, and a row without labels."""
    places: dict[int | str, str] = {}
    for number, entry in enumerate(images):
        place = f'images[{number}]'
        fields = fields_of(entry, f'{path} {place}', 'id', 'file_name')
        key, name = fields['id'], fields['file_name']
        if not isinstance(key, int | str) or not isinstance(name, str):
            raise UserError(f'{path} {place}: expected an id and a name, got {key!r} and {name!r}')
        if key in places:
            raise UserError(f'{path} {place}: has the id {key} of {places[key]}; correct one')
        places[key] = place
        yield key, LabelRow(check_image(name, f'{path} {place}'), (), path, place)
