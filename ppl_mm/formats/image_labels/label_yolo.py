"""Image-level labels in YOLO's text files: the class ids of each image's boxes."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from ...errors import UserError
from ..image_list import check_image
from ..text_file import read_lines, read_text
from .box_share import Corners, box_share, corners, polygon
from .label_names import LabelNames
from .label_row import LabelRow, LabelRows, saying_where
from .tool_classes import ToolClasses
from .tool_files import files_below

#: Endings of the file that lists YOLO's classes.
YAML_SUFFIXES = ('.yaml', '.yml')
# What may list the classes, in the folder of the labels or up to two above.
_CLASS_FILES = ('data.yaml', 'data.yml', 'classes.txt', 'obj.names')
# Text files that lie beside labels.
_OTHERS = re.compile(r'(classes|train|val|valid|test|readme.*|license.*)\.txt', re.IGNORECASE)
# A class id alone, or before the four or more numbers of a box or polygon.
_LINE = re.compile(r'-?[0-9]{1,9}((\s+[-+.0-9eE]+){4,})?')
_LABELS, _IMAGES = 'labels', 'images'
_LISTS = 'ImageSets'  # VOC's


def read_yolo(path: str | os.PathLike, names: LabelNames) -> LabelRows:
    """Read YOLO's labels, one text file per image; only the class of a box matters.

    The path is the folder of the text files, or one above it, or the data.yaml. An empty file is a
    negative, an image without one is unlabelled. The classes are in the order of their ids; where
    no file lists them, they are the known ones. See :func:`.read_labels`.
    """
    path = Path(path)
    is_yaml = path.suffix.lower() in YAML_SUFFIXES and not path.is_dir()
    folder = path.parent if is_yaml else path
    listed, where = _class_names(path if is_yaml else _class_file(folder), folder, names)
    classes = ToolClasses(enumerate(listed), names, where)
    rows = [_row(file, folder, classes) for file in label_files(folder)]
    return LabelRows(rows, classes.classes, 'YOLO', by_tail=True)


def label_files(folder: Path) -> list[Path]:
    """Return YOLO's text files below a folder: those in folders ``labels``, if there are some."""
    found = {
        path: path.relative_to(folder).parts[:-1]
        for path in files_below(folder, '.txt')
        if not _OTHERS.fullmatch(path.name)
    }
    found = {path: parts for path, parts in found.items() if _LISTS not in parts}
    inside = [path for path, parts in found.items() if _LABELS in parts]
    return inside or list(found)


def _class_file(folder: Path) -> Path | None:
    """Return the file beside or above the labels that lists their classes."""
    above = [folder, *folder.resolve().parents[:2]]
    paths = (one / name for one in above for name in _CLASS_FILES)
    return next((path for path in paths if path.is_file()), None)


def _class_names(path: Path | None, folder: Path, names: LabelNames) -> tuple[Sequence[str], str]:
    """Return the classes in the order of their ids, and where they are listed."""
    if path is None:
        if not names.classes:
            raise UserError(
                f"{folder}: YOLO's labels are class ids, and no data.yaml, classes.txt or "
                'obj.names lists the classes; add one, or give --classes in the order of the ids'
            )
        return names.classes, '--classes'
    if path.suffix.lower() not in YAML_SUFFIXES:
        return [line for _, line in read_lines(path, 'class list')], str(path)
    return _yaml_names(path), f'{path} names'


def _yaml_names(path: Path) -> list[str]:
    """Return the ``names`` of a data.yaml, a list or a mapping from id to name."""
    try:
        # Texts only: a class may be called "no".
        content = yaml.load(read_text(path, 'class list'), yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        line = getattr(getattr(error, 'problem_mark', None), 'line', 0) + 1
        raise UserError(f'{path} line {line}: is not valid YAML; correct that line') from None
    found = content.get('names') if isinstance(content, dict) else None
    if isinstance(found, dict) and found.keys() == set(map(str, range(len(found)))):
        found = [found[str(number)] for number in range(len(found))]
    if not isinstance(found, list) or not found:
        raise UserError(f"{path}: has no 'names'; list the classes, or ids 0, 1, .. and names")
    return found


def _row(path: Path, folder: Path, classes: ToolClasses) -> LabelRow:
    below = path.relative_to(folder).with_suffix('')
    parts = [_IMAGES if part == _LABELS else part for part in below.parts]
    image = check_image('/'.join(parts), str(path))
    lines = [*_lines(path)]
    shown = dict.fromkeys(int(numbers[0]) for numbers in lines)
    with saying_where(path):
        names = classes.names(shown)
    boxes = box_share(lambda: [_corners(*numbers[1:]) for numbers in lines], (1, 1))
    return LabelRow(image, names, path, boxes=boxes)


def _corners(*numbers: str) -> Corners:
    """Return the corners of a polygon, or of a box: its centre and size, maybe a score."""
    if len(numbers) > 5:
        return polygon(numbers)
    x, y, width, height = map(float, numbers[:4])
    return corners(x - width / 2, y - height / 2, width, height)


def _lines(path: Path) -> Iterator[list[str]]:
    """Yield the class id and the other numbers of each line of a text file."""
    for number, line in enumerate(read_text(path, 'label file').splitlines(), 1):
        if not line.strip():
            continue
        if not _LINE.fullmatch(line.strip()):
            raise UserError(
                f"{path} line {number}: is '{ascii(line[:60])[1:-1]}', expected a class id and the "
                'numbers of a box or polygon'
            )
        yield line.split()
