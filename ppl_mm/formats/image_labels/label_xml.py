"""Image-level labels in PASCAL VOC's annotations."""

import os
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from ...errors import UserError
from ..image_list import check_image
from .label_names import LabelNames
from .label_row import LabelRow, LabelRows
from .xml_file import read_xml


def read_voc_xml(
    folder: str | os.PathLike,
    names: LabelNames,
    images: Sequence[str] | None = None,
    count_difficult: bool = True,
) -> LabelRows:
    """Read PASCAL VOC's annotations, one XML file per image.

    Args:
        folder: The folder of the XML files.
        names: The rules for names.
        images: Ids to read. Defaults to None: all files.
        count_difficult: Whether an object marked difficult counts.

    Returns:
        The rows in the order of ``images`` or of the file names. An image without an object is a
        negative.

    Raises:
        UserError: The folder or a file is missing, or a file is malformed.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f'{folder}: the folder of XML files is missing; set ann_file')
    if images is None:
        images = sorted(path.stem for path in folder.glob('*.xml'))
    rows = [_row(folder, image, names, count_difficult) for image in images]
    return LabelRows(rows, form='VOC XML', by_tail=True)


def _row(folder: Path, image: str, names: LabelNames, count_difficult: bool) -> LabelRow:
    path = folder / f'{check_image(image, str(folder))}.xml'
    objects = _parse(path).findall('object')
    found = [
        (item.findtext('name') or '').strip()
        for item in objects
        if count_difficult or item.findtext('difficult', '0').strip() != '1'
    ]
    if objects and not found:
        raise UserError(
            f'{path}: holds objects marked difficult only; set count_difficult=True or take the '
            'image out'
        )
    try:
        return LabelRow(image, names.from_names(found), path)
    except ValueError as error:
        raise UserError(f'{path}: {error}') from None


def _parse(path: Path) -> ElementTree.Element:
    root = read_xml(path)
    if root.tag != 'annotation':
        raise UserError(
            f"{path}: begins with '{root.tag[:40]}', expected VOC's 'annotation'; replace the file"
        )
    return root
