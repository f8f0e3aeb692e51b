"""Image-level labels in Label Studio's JSON: choices, and the labels of regions."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from ...errors import UserError
from ..image_list import check_image
from .json_pairs import Pairs, fields_of, items_of
from .label_names import LabelNames
from .label_row import LabelRow, LabelRows
from .tool_classes import ToolClasses

# Uploaded files get these eight digits before their name.
_UPLOAD = re.compile(r'^[0-9a-f]{8}-(?=.)')
_EXPORT = "give Label Studio's export 'JSON', not JSON-MIN, with annotated tasks"


def is_label_studio(content: Any) -> bool:
    """Return whether a JSON file is a list of objects, as Label Studio exports tasks.

    Args:
        content: What the file holds.
    """
    is_list = isinstance(content, list) and not isinstance(content, Pairs)
    return is_list and bool(content) and all(isinstance(one, Pairs) for one in content)


def read_label_studio(tasks: Sequence, path: str | os.PathLike, names: LabelNames) -> LabelRows:
    """Return the labels of Label Studio's tasks.

    Choices count, and the labels of rectangles, polygons, ellipses, key points and brushes. If a
    task has several annotations, those marked as ground truth count, else all.

    Args:
        tasks: The content of the file.
        path: The file, for messages.
        names: The rules for names.

    Returns:
        A row for each task that has an annotation; one that is empty is a negative. A task without
        any, or with skipped ones only, is unlabelled.

    Raises:
        UserError: A task is malformed, or its annotations contradict each other.
    """
    found = list(_tasks(tasks, path))
    listed = dict.fromkeys(name for _, shown in found for one in shown for name in one)
    classes = ToolClasses(zip(listed, listed, strict=True), names, str(path))
    rows = [row._replace(names=_names(row, shown, classes)) for row, shown in found]
    return LabelRows(rows, None, 'Label Studio JSON', by_tail=True)


def _names(row: LabelRow, shown: list[list[str]], classes: ToolClasses) -> tuple[str, ...]:
    try:
        each = [classes.names(one) for one in shown]
    except ValueError as error:
        raise UserError(f'{row.where}: {error}') from None
    if any(each) and not all(each):
        raise UserError(
            f'{row.where}: one annotation shows none of the classes, another {max(each)[0]}; '
            'delete one, or mark the right one as ground truth'
        )
    return tuple(dict.fromkeys(name for one in each for name in one))


def _tasks(tasks: Sequence, path: str | os.PathLike) -> Iterator[tuple[LabelRow, list[list[str]]]]:
    """Yield a row without labels for each annotated task, and the names of each annotation."""
    for number, task in enumerate(tasks):
        place = f'task[{number}]'
        where = f'{path} {place}'
        fields = dict(task)
        if 'data' not in fields or 'annotations' not in fields:
            raise UserError(f"{where}: has no 'data' and 'annotations'; {_EXPORT}")
        annotations = items_of(fields['annotations'], f'{where} annotations')
        kept = [fields_of(one, f'{where} annotations', 'result') for one in annotations]
        kept = [one for one in kept if not one.get('was_cancelled')]
        kept = [one for one in kept if one.get('ground_truth')] or kept
        if kept:
            image = _image_of(fields_of(fields['data'], f'{where} data'), where)
            yield LabelRow(image, (), path, place), [_shown(one, where) for one in kept]


def _shown(annotation: Mapping, where: str) -> list[str]:
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


def _image_of(data: Mapping, where: str) -> str:
    """Return the path of a task's image, as far as its address tells."""
    texts = {key: value for key, value in data.items() if isinstance(value, str)}
    address = texts.get('image') or (next(iter(texts.values())) if len(texts) == 1 else '')
    parts = urlsplit(address.replace('\\', '/'))
    if (local := parse_qs(parts.query).get('d')) and parts.path.endswith('/local-files/'):
        return check_image(local[0].lstrip('/'), where)
    name = unquote(parts.path).rpartition('/')[2] if '/' in address else address
    if not name:
        raise UserError(f"{where}: its data has no 'image'; {_EXPORT}")
    return check_image(_UPLOAD.sub('', name) if '/upload/' in parts.path else name, where)
