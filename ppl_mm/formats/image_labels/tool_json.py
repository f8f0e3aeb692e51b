"""Image-level labels in the JSON of annotation tools: COCO, CreateML, Datumaro, Label Studio."""

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from ...errors import UserError
from ..image_list import IMAGE_SUFFIXES
from .box_share import Corners, box_share, corners
from .json_pairs import Pairs, fields_of, is_list, items_of, objects_of
from .label_names import LabelNames
from .label_row import LabelRow, LabelRows, saying_where
from .tool_classes import ToolClasses
from .tool_files import image_of_tool, without_upload_mark

_EXPORT = "give Label Studio's export 'JSON', not JSON-MIN, with annotated tasks"
_Path = str | os.PathLike


def read_tool_json(content: Any, path: _Path, names: LabelNames) -> LabelRows | None:
    """Return the labels of a JSON file of an annotation tool, None where the file is another one.

    Its content, see :func:`.read_pairs`, tells the tool. Labels of whole images count, and those of
    boxes, polygons and other regions, whatever their size. An image without any is a negative.

    Raises:
        UserError: A part is missing or malformed, or refers to a class or an image that is not
            listed.
    """
    if is_list(content) and content and all(isinstance(one, Pairs) for one in content):
        if all({'image', 'annotations'} <= dict(one).keys() for one in content):
            return _read_createml(content, path, names)
        return _read_label_studio(content, path, names)
    fields = dict(content) if isinstance(content, Pairs) else {}
    if is_list(fields.get('images')) and is_list(fields.get('categories')):
        return _read_coco(fields, path, names)
    if isinstance(fields.get('categories'), Pairs) and isinstance(fields.get('items'), list):
        return _read_datumaro(fields, path, names)
    return None


def _read_coco(content: Mapping, path: _Path, names: LabelNames) -> LabelRows:
    """Return the labels of COCO's instances; the classes are in the order of their ids."""
    classes = ToolClasses(_coco_categories(content, path), names, f'{path} categories')
    images = _coco_images(content['images'], path)
    shown: dict[object, list[tuple]] = {image: [] for image in images}  # categories and boxes
    if 'annotations' not in content:
        raise UserError(f"{path}: has no 'annotations'; give COCO's instances, with all its parts")
    entries = objects_of(content['annotations'], path, 'annotations', 'image_id', 'category_id')
    for place, fields in entries:
        image, category = fields['image_id'], fields['category_id']
        if not isinstance(image, int | str) or image not in shown:
            raise UserError(
                f'{path} {place}: image_id {image!r} is not in images; take it out or add it'
            )
        with saying_where(f'{path} {place}'):
            classes.check(category)
        shown[image].append((category, fields.get('bbox')))
    rows = []
    for image, (row, size) in images.items():
        with saying_where(row.where):
            found = classes.names(category for category, _ in shown[image])
        rows.append(row._replace(names=found, boxes=_coco_boxes(shown[image], size)))
    return LabelRows(rows, classes.classes, 'COCO JSON', by_tail=True)


def _coco_boxes(shown: Sequence[tuple], size: Sequence) -> float | None:
    return box_share(lambda: [corners(*box) for _, box in shown], size)


def _coco_categories(content: Mapping, path: _Path) -> list[tuple[Any, Any]]:
    """Return id and name of each category, by id."""
    entries = objects_of(content['categories'], path, 'categories', 'id', 'name')
    pairs = [(fields['id'], fields['name']) for _, fields in entries]
    are_numbers = all(type(key) is int for key, _ in pairs)
    return sorted(pairs, key=lambda pair: pair[0]) if are_numbers else pairs


def _coco_images(images: list, path: _Path) -> dict[int | str, tuple[LabelRow, list]]:
    """Return a row without labels, and width and height, of each image, by id."""
    found: dict[int | str, tuple[LabelRow, list]] = {}
    for place, fields in objects_of(images, path, 'images', 'id', 'file_name'):
        key, name = fields['id'], fields['file_name']
        if not isinstance(key, int | str) or not isinstance(name, str):
            raise UserError(f'{path} {place}: expected an id and a name, got {key!r} and {name!r}')
        if key in found:
            raise UserError(
                f'{path} {place}: has the id {key} of {found[key][0].place}; correct one'
            )
        row = LabelRow(image_of_tool(name, f'{path} {place}'), (), path, place)
        found[key] = row, [fields.get('width'), fields.get('height')]
    return found


def _read_createml(entries: Sequence, path: _Path, names: LabelNames) -> LabelRows:
    """Return the labels of CreateML's boxes, which Roboflow writes as well."""
    rows = []
    for place, fields in objects_of(entries, path, '', 'image', 'annotations'):
        boxes = objects_of(fields['annotations'], path, f'{place} annotations', 'label')
        labels = [box['label'] for _, box in boxes]
        if not all(isinstance(one, str) for one in (fields['image'], *labels)):
            raise UserError(f'{path} {place}: expected names of an image and of classes')
        image = image_of_tool(fields['image'], f'{path} {place}')
        with saying_where(f'{path} {place}'):
            rows.append(LabelRow(image, names.from_labels(labels), path, place))
    return LabelRows(rows, None, 'CreateML JSON', by_tail=True)


def _read_datumaro(content: Mapping, path: _Path, names: LabelNames) -> LabelRows:
    """Return the labels of Datumaro's items: CVAT exports them, and Datumaro converts to them."""
    where = f'{path} categories.label'
    label = fields_of(fields_of(content['categories'], where, 'label')['label'], where, 'labels')
    entries = objects_of(label['labels'], path, 'categories.label.labels', 'name')
    classes = ToolClasses(enumerate(fields['name'] for _, fields in entries), names, where)
    rows = []
    for place, fields in objects_of(content['items'], path, 'items', 'id', 'annotations'):
        where, name = f'{path} {place}', fields['id']  # the path of its image, without ending
        if not isinstance(name, str):
            raise UserError(f'{where}: has the id {name!r}, expected a path without ending')
        annotations = items_of(fields['annotations'], f'{where} annotations')
        ids = [fields_of(one, f'{where} annotations').get('label_id') for one in annotations]
        with saying_where(where):
            shown = classes.names(one for one in ids if one is not None)
        rows.append(LabelRow(image_of_tool(name, where), shown, path, place))
    return LabelRows(rows, classes.classes, 'Datumaro JSON', by_tail=True)


def _read_label_studio(tasks: Sequence, path: _Path, names: LabelNames) -> LabelRows:
    """Return the labels of Label Studio's tasks.

    If a task has several annotations, those marked as ground truth count, else all. A task
    without any, or with skipped ones only, is unlabelled and has no row.
    """
    rows = []
    for place, fields in objects_of(tasks, path, 'task'):
        where = f'{path} {place}'
        if 'data' not in fields or 'annotations' not in fields:
            raise UserError(f"{where}: has no 'data' and 'annotations'; {_EXPORT}")
        annotations = items_of(fields['annotations'], f'{where} annotations')
        kept = [fields_of(one, f'{where} annotations', 'result') for one in annotations]
        kept = [one for one in kept if not one.get('was_cancelled')]
        kept = [one for one in kept if one.get('ground_truth')] or kept
        if kept:
            image = _task_image(fields_of(fields['data'], f'{where} data'), where)
            shown = _task_names(kept, where, names)
            rows.append(LabelRow(image, shown, path, place, _task_boxes(kept)))
    return LabelRows(rows, None, 'Label Studio JSON', by_tail=True)


def _task_names(annotations: Sequence[Mapping], where: str, names: LabelNames) -> tuple[str, ...]:
    """Return the classes that the annotations of a task name."""
    with saying_where(where):
        each = [names.from_labels(_task_labels(one, where)) for one in annotations]
    if any(each) and not all(each):
        raise UserError(
            f'{where}: one annotation shows none of the classes, another {max(each)[0]}; '
            'delete one, or mark the right one as ground truth'
        )
    return tuple(dict.fromkeys(name for one in each for name in one))


def _task_labels(annotation: Mapping, where: str) -> list[str]:
    """Return the names of choices and of labelled regions."""
    found = []
    for region in items_of(annotation['result'], f'{where} result'):
        fields = fields_of(region, f'{where} result')
        kind = str(fields.get('type', '')).lower()
        if kind != 'choices' and not kind.endswith('labels'):
            continue  # a text, a rating, or the outline of a region whose labels follow
        # A region may be drawn and not labelled.
        labels = items_of(fields_of(fields.get('value'), where).get(kind, []), f'{where} {kind}')
        if not all(isinstance(label, str) for label in labels):
            raise UserError(f'{where}: expected names in {kind}')
        found += labels
    return found


def _task_boxes(annotations: Sequence[Mapping]) -> float | None:
    """Return what the boxes and polygons of a task cover; their unit is per cent of the image."""
    return box_share(
        lambda: [_region_corners(dict(region)) for one in annotations for region in one['result']],
        (100, 100),
    )


def _region_corners(region: Mapping) -> Corners:
    value = dict(region['value'])
    if 'points' in value:
        xs, ys = zip(*value['points'], strict=True)
        return xs, ys
    return corners(*(value[key] for key in ('x', 'y', 'width', 'height')))


def _task_image(data: Mapping, where: str) -> str:
    """Return the path of a task's image, as far as its address tells."""
    texts = {key: value for key, value in data.items() if isinstance(value, str)}
    pictures = [text for text in texts.values() if text.lower().endswith(IMAGE_SUFFIXES)]
    candidates = [texts.get('image'), *pictures, *(texts.values() if len(texts) == 1 else ())]
    address = next(filter(None, candidates), None)
    if address is None:
        raise UserError(f"{where}: its data has no 'image'; {_EXPORT}")
    if not {'/', '\\'} & set(address):  # a name, in which # and % mean nothing
        return image_of_tool(address, where)
    parts = urlsplit(address.replace('\\', '/'))
    if (local := parse_qs(parts.query).get('d')) and parts.path.endswith('/local-files/'):
        return image_of_tool(local[0], where)
    path = unquote(parts.path)
    if '/upload/' in path:
        return image_of_tool(without_upload_mark(path.rpartition('/')[2]), where)
    is_address = parts.scheme or parts.netloc
    return image_of_tool(path.rpartition('/')[2] if is_address else path, where)
