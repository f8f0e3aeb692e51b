"""Image-level labels in XML: VOC's annotations, a file for each image, and CVAT's of all images."""

import os
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from ...errors import UserError
from ..image_folder import ImageFolder
from ..image_list import check_image
from ..text_file import read_bytes
from .box_share import Corners, box_share, corners, polygon
from .label_names import LabelNames
from .label_row import LabelRow, LabelRows, saying_where
from .tool_classes import ToolClasses
from .tool_files import files_below, image_of_tool

_EXPORT = "export the task as 'CVAT for images 1.1'"


def read_voc_xml(
    folder: str | os.PathLike,
    names: LabelNames,
    images: Sequence[str] | None = None,
    count_difficult: bool = True,
) -> LabelRows:
    """Read PASCAL VOC's annotations, one XML file per image, see :func:`.read_labels`.

    The rows are in the order of ``images``, ids to read, or of the file names, those in folders
    below as well. An image without an object is a negative. Objects marked difficult count unless
    ``count_difficult`` is False.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f'{folder}: the folder of XML files is missing; set ann_file')
    if images is None:
        images = annotated_images(folder)
    files = ImageFolder(folder, ('.xml',))
    rows = [_voc_row(files, image, names, count_difficult) for image in images]
    return LabelRows(rows, form='VOC XML', by_tail=True)


def annotated_images(folder: Path) -> list[str]:
    """Return the ids of images that have an XML file in a folder or in those below."""
    files = files_below(folder, '.xml')
    return [path.relative_to(folder).with_suffix('').as_posix() for path in files]


def _voc_row(files: ImageFolder, image: str, names: LabelNames, count_difficult: bool) -> LabelRow:
    image = check_image(image, files.root)
    path = files.find_id(image) or f'{files.root}/{image}.xml'
    root = _read_xml(path)
    if root.tag != 'annotation':
        raise UserError(
            f"{path}: begins with '{root.tag[:40]}', expected VOC's 'annotation'; replace the file"
        )
    objects = [
        item
        for item in root.findall('object')
        if item.findtext('deleted', '0').strip() != '1'  # by the web tool LabelMe
    ]
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
    with saying_where(path):
        return LabelRow(image, names.from_names(found), path, boxes=_voc_boxes(root, objects))


def _voc_boxes(root: Element, objects: Sequence[Element]) -> float | None:
    boxes = [
        [[item.findtext(f'bndbox/{axis}{end}') for end in ('min', 'max')] for axis in 'xy']
        for item in objects
    ]
    size = [root.findtext(f'size/{side}') for side in ('width', 'height')]
    return box_share(lambda: [(xs, ys) for xs, ys in boxes], size)


def read_cvat(path: str | os.PathLike, names: LabelNames) -> LabelRows:
    """Read the XML of "CVAT for images 1.1": tags, and the labels of shapes.

    An image without a tag or shape is a negative. The classes are in the order of the task's
    labels. See :func:`.read_labels`.
    """
    root = _read_xml(path)
    if root.tag == 'annotation':
        raise UserError(f"{path}: is VOC's annotation of one image; give the folder of all")
    if root.tag != 'annotations' or root.find('track') is not None:
        what = 'tracks of a video' if root.tag == 'annotations' else f"'{root.tag[:40]}'"
        raise UserError(f"{path}: holds {what}, expected CVAT's annotations of images; {_EXPORT}")
    images = root.findall('image')
    listed = [one.findtext('name') for one in root.iterfind('meta/*/labels/label')]
    found = [name.strip() for name in listed if name]
    found = found or [label for image in images for label in _cvat_labels(image)]
    found = list(dict.fromkeys(found))
    classes = ToolClasses(zip(found, found, strict=True), names, f'{path} meta')
    rows = []
    for number, image in enumerate(images):
        place = f'image[{number}]'
        # A project keeps the images of each subset in a folder.
        tool_path = f'{image.get("subset", "")}/{image.get("name", "")}' * bool(image.get('name'))
        name = image_of_tool(tool_path, f'{path} {place}')
        with saying_where(f"{path} {place} '{name}'"):
            shown = classes.names(_cvat_labels(image))
        rows.append(LabelRow(name, shown, path, place, _cvat_boxes(image)))
    return LabelRows(rows, classes.classes, 'CVAT XML', by_tail=True)


def _cvat_labels(image: Element) -> list[str]:
    return [label for one in image if (label := one.get('label'))]


def _cvat_boxes(image: Element) -> float | None:
    shapes = [one for one in image if one.get('label')]
    return box_share(lambda: map(_cvat_corners, shapes), [image.get('width'), image.get('height')])


def _cvat_corners(shape: Element) -> Corners:
    if shape.tag == 'mask':
        return corners(*(shape.get(key) for key in ('left', 'top', 'width', 'height')))
    if 'points' in shape.attrib:
        return polygon(shape.attrib['points'].replace(';', ',').split(','))
    return [shape.get('xtl'), shape.get('xbr')], [shape.get('ytl'), shape.get('ybr')]


def _read_xml(path: str | os.PathLike) -> Element:
    """Return the root of an XML file; entities, which can grow without end, are refused."""
    content = read_bytes(path, 'label file')
    try:
        if b'<!ENTITY' in content:
            raise ValueError('it defines entities')
        return ElementTree.fromstring(content)
    # LookupError: an encoding that Python does not know.
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UserError(
            f'{path}: is not valid XML ({error}); correct or replace the file'
        ) from None
