"""Image-level labels of a data set, whatever the format of their file."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...errors import UserError
from ..voc_layout import VOCLayout
from .label_csv import read_csv
from .label_json import read_json
from .label_names import LabelNames
from .label_row import LabelRows
from .label_xml import read_voc_xml

#: Formats of label files by the ending of the file; '' is a folder.
FORMATS = {'.csv': 'csv', '.json': 'json', '': 'voc_xml'}
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
) -> LabelRows:
    """Read a label file.

    Args:
        path: A CSV or JSON file, or a folder of VOC's XML files.
        classes: Foreground classes, if they are known.
        ann_format: 'csv', 'json', 'voc_xml', or 'auto', by the ending.
        images: Ids to read of a folder of XML files. Defaults to None: all.
        count_difficult: Whether objects that XML files mark difficult count.
        negative_names: Labels that mean "shows none of the classes".

    Returns:
        The rows, at least one, and the classes that the file lists.

    Raises:
        UserError: The format is unknown, or the file is missing, empty or malformed.
    """
    ann_format = label_format(path, ann_format)
    names = LabelNames(classes, negative_names)
    if ann_format == 'voc_xml':
        found = read_voc_xml(path, names, images, count_difficult)
    else:
        found = (read_csv if ann_format == 'csv' else read_json)(path, names)
    if not found.rows:
        raise UserError(f'{path}: holds no labels; write one entry per image')
    return found


def label_format(path: str | os.PathLike, ann_format: str = 'auto') -> str:
    """Return the format of a label file.

    Args:
        path: The file or folder.
        ann_format: One of ``FORMATS``, or 'auto', by the ending.

    Raises:
        UserError: The format is unknown.
    """
    if ann_format == 'auto':
        ending = os.path.splitext(path)[1].lower()
        ann_format = FORMATS.get(ending, ending)
    if ann_format not in FORMATS.values():
        raise UserError(
            f"{path}: labels of format '{ann_format}'; set ann_format to one of "
            f'{", ".join(FORMATS.values())}'
        )
    return ann_format


def find_label_file(data_root: str | os.PathLike) -> Path | None:
    """Return the label file of a data set in VOC's layout, None if it has none.

    Args:
        data_root: Folder of the data set.
    """
    paths = [Path(data_root) / name for name in LABEL_FILES]
    return next((path for path in paths if path.exists()), None)
