"""Image-level labels in CVAT's XML: tags, and the labels of shapes."""

import os
from xml.etree.ElementTree import Element

from ...errors import UserError
from ..image_list import check_image
from .label_names import LabelNames
from .label_row import LabelRow, LabelRows
from .tool_classes import ToolClasses
from .xml_file import read_xml

_EXPORT = "export the task as 'CVAT for images 1.1'"


def read_cvat(path: str | os.PathLike, names: LabelNames) -> LabelRows:
    """Read the XML of "CVAT for images 1.1".

    Args:
        path: The file.
        names: The rules for names.

    Returns:
        A row for each image; one without a tag or shape is a negative. The classes are in the order
        of the task's labels.

    Raises:
        UserError: The file is missing, malformed, or another XML.
    """
    root = read_xml(path)
    if root.tag == 'annotation':
        raise UserError(f"{path}: is VOC's annotation of one image; give the folder of all")
    if root.tag != 'annotations' or root.find('track') is not None:
        what = 'tracks of a video' if root.tag == 'annotations' else f"'{root.tag[:40]}'"
        raise UserError(f"{path}: holds {what}, expected CVAT's annotations of images; {_EXPORT}")
    images = root.findall('image')
    listed = [one.findtext('name') for one in root.iterfind('meta/*/labels/label')]
    keys = dict.fromkeys(map(str.strip, filter(None, listed)))
    keys = keys or dict.fromkeys(label for image in images for label in _labels(image))
    classes = ToolClasses(zip(keys, keys, strict=True), names, f'{path} meta')
    rows = [_row(image, number, path, classes) for number, image in enumerate(images)]
    return LabelRows(rows, classes.classes, 'CVAT XML', by_tail=True)


def _labels(image: Element) -> list[str]:
    return [one.attrib['label'] for one in image if 'label' in one.attrib]


def _row(image: Element, number: int, path: str | os.PathLike, classes: ToolClasses) -> LabelRow:
    place = f'image[{number}]'
    name = check_image(image.get('name', ''), f'{path} {place}')
    try:
        shown = classes.names(map(classes.name, _labels(image)))
    except ValueError as error:
        raise UserError(f"{path} {place} '{name}': {error}; correct the label") from None
    return LabelRow(name, shown, path, place)
