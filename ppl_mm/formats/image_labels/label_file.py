"""Image-level labels of a data set, whatever the format of their file."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from ...errors import UserError
from ..voc_layout import VOCLayout
from .label_csv import read_csv
from .label_json import read_json
from .label_json_folder import json_files, read_json_folder
from .label_names import LabelNames
from .label_row import LabelRows
from .label_xml import read_cvat, read_voc_xml
from .label_yolo import YAML_SUFFIXES, label_files, read_yolo
from .tool_files import files_below

# Formats of label files by the ending of the file, and of folders by what is in them.
_FORMATS = {'.csv': 'csv', '.tsv': 'csv', '.json': 'json', '.xml': 'cvat'}
_FORMATS |= dict.fromkeys(YAML_SUFFIXES, 'yolo')
_FOLDERS = ('voc_xml', 'yolo', 'json_folder')
_READERS: dict[str, Callable[..., LabelRows]] = {
    'csv': read_csv,
    'json': read_json,
    'cvat': read_cvat,
    'yolo': read_yolo,
    'voc_xml': read_voc_xml,
    'json_folder': read_json_folder,
}
#: Label files of a data set, the first that exists is read.
LABEL_FILES = (VOCLayout.LABELS, VOCLayout.JSON_LABELS, VOCLayout.ANNOTATIONS)


def read_labels(
    path: str | os.PathLike,
    classes: Sequence[str] = (),
    ann_format: str = 'auto',
    *,
    images: Sequence[str] | None = None,
    count_difficult: bool = True,
    negative_names: Iterable[str] = (),
    is_photo: Callable[[str], bool] | None = None,
) -> LabelRows:
    """Read a label file.

    Args:
        path: A CSV, JSON, CVAT's XML, or YOLO's data.yaml; or a folder of VOC's XML files, YOLO's
            text files, or the JSON files of LabelMe, Darwin or Supervisely.
        classes: Foreground classes, if they are known.
        ann_format: 'csv', 'json', 'voc_xml', 'yolo', 'cvat', 'json_folder', or 'auto', by the
            ending, or by what is in a folder. What kind of CSV or JSON it is, its content says.
        images: Ids to read of a folder of XML files. Defaults to None: all.
        count_difficult: Whether objects that XML files mark difficult count.
        negative_names: Labels that mean "shows none of the classes".
        is_photo: Tells whether an image exists, see :func:`.read_csv`.

    Returns:
        The rows, at least one, and the classes that the file lists.

    Raises:
        UserError: The format is unknown, or the file is missing, empty or malformed.
    """
    ann_format = label_format(path, ann_format)
    more: dict[str, dict[str, Any]] = dict(
        csv=dict(is_photo=is_photo), voc_xml=dict(images=images, count_difficult=count_difficult)
    )
    names = LabelNames(classes, negative_names)
    found = _READERS[ann_format](path, names, **more.get(ann_format, {}))
    if not found.rows:
        raise UserError(f'{path}: holds no labels; write one entry per image')
    return found


def label_format(path: str | os.PathLike, ann_format: str = 'auto') -> str:
    """Return the format of a label file or folder, see :func:`read_labels`.

    Raises:
        UserError: The format is unknown.
    """
    if ann_format == 'auto':
        ending = os.path.splitext(path)[1].lower()
        is_folder = os.path.isdir(path) and ending not in _FORMATS
        kind = _FORMATS.get(ending, ending or 'voc_xml')
        ann_format = _format_of_folder(Path(path)) if is_folder else kind
    if ann_format not in _READERS:
        raise UserError(
            f"{path}: labels of format '{ann_format}'; give one of the forms in docs/converter.md "
            f'(ann_format: {", ".join(_READERS)})'
        )
    return ann_format


def _format_of_folder(path: Path) -> str:
    """Return what most files of a folder are."""
    found = (files_below(path, '.xml'), label_files(path), json_files(path))
    return max(zip(_FOLDERS, found, strict=True), key=lambda one: len(one[1]))[0]


def find_label_file(data_root: str | os.PathLike) -> Path | None:
    """Return the label file of a data set in VOC's layout, None if it has none."""
    paths = [Path(data_root) / name for name in LABEL_FILES]
    # A link to nothing is there, too: whoever reads it is told.
    return next((path for path in paths if os.path.lexists(path)), None)
