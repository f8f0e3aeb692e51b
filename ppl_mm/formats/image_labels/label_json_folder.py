"""Image-level labels in folders of JSON files, one for each image, as some tools write them."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ...errors import UserError
from .box_share import Corners, box_share
from .json_pairs import Pairs, is_list, objects_of, read_pairs
from .label_names import LabelNames
from .label_row import LabelRow, LabelRows, saying_where
from .tool_files import files_below, image_of_tool

# The list of what an image shows, and the field with its class, by tool. Darwin is V7's.
_TOOLS = {
    'LabelMe JSON': ('shapes', 'label'),
    'Supervisely JSON': ('objects', 'classTitle'),
    'Darwin JSON': ('annotations', 'name'),
}
_EXPECTED = 'a file of LabelMe, Darwin (V7) or Supervisely'
# Darwin's pixels, and LabelMe's own flag.
_NOT_A_CLASS = ('__raster_layer__', '__ignore__')
# What a project has beside the files of its images.
_OTHERS = ('meta.json', 'key_id_map.json', 'obj_class_to_machine_color.json')


class _File(NamedTuple):
    """What a file says: the labels of its objects, and the flags of the whole image."""

    tool: str
    row: LabelRow
    labels: list[str]
    flags: list[str]


def read_json_folder(folder: str | os.PathLike, names: LabelNames) -> LabelRows:
    """Read LabelMe's, Darwin's or Supervisely's files, a JSON per image, see :func:`.read_labels`.

    Shapes, objects and Darwin's tags count. LabelMe's flags and Supervisely's tags, which are of
    whole images, are classes where no file has a shape or an object. A file that shows nothing is
    a negative, an image without one is unlabelled. The files may lie in folders below.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f'{folder}: the folder of JSON files is missing; set ann_file')
    found = [_read(path, folder) for path in json_files(folder)]
    has_objects = any(one.labels for one in found)
    rows = []
    for one in found:
        with saying_where(one.row.path):
            shown = names.from_labels(one.labels if has_objects else one.flags)
        rows.append(one.row._replace(names=shown))
    form = ' and '.join(dict.fromkeys(one.tool for one in found))
    return LabelRows(rows, None, form, by_tail=True)


def json_files(folder: Path) -> list[Path]:
    """Return the JSON files of images below a folder."""
    return [path for path in files_below(folder, '.json') if path.name not in _OTHERS]


def _read(path: Path, folder: Path) -> _File:
    content = read_pairs(path, _EXPECTED)
    fields = dict(content) if isinstance(content, Pairs) else {}
    tool = _tool_of(fields)
    if tool is None:
        raise UserError(f'{path}: is not {_EXPECTED}; take it out of the folder')
    entries, key = _TOOLS[tool]
    objects = [one for _, one in objects_of(fields[entries], path, entries, key)]
    labels = [one[key] for one in objects]
    if not all(isinstance(label, str) for label in labels):
        raise UserError(f'{path}: expected names of classes in {entries}')
    # Supervisely keeps the ending of the image: a.jpg.json.
    name = path.relative_to(folder).with_suffix('').as_posix()
    boxes = box_share(lambda: map(_corners, objects), _size(fields))
    row = LabelRow(image_of_tool(name, str(path)), (), path, boxes=boxes)
    shown, flags = (
        [name for name in names if name not in _NOT_A_CLASS]
        for names in (labels, _flags(fields, path))
    )
    return _File(tool, row, shown, flags)


def _flags(fields: Mapping, path: Path) -> list[str]:
    """Return what is said of a whole image: the flags of LabelMe, the tags of Supervisely."""
    flags, tags = fields.get('flags'), fields.get('tags', ())
    if isinstance(flags, Pairs):
        return [name for name, value in flags if value is True]
    if not is_list(tags) or 'objects' not in fields:
        return []
    # Old files have names here.
    tags = [Pairs([('name', one)]) if isinstance(one, str) else one for one in tags]
    names = [one['name'] for _, one in objects_of(tags, path, 'tags', 'name')]
    if not all(isinstance(name, str) for name in names):
        raise UserError(f'{path}: expected names in tags')
    return names


def _size(fields: Mapping) -> list:
    """Return width and height of an image, as LabelMe or Supervisely writes them."""
    size = fields.get('size')
    both = dict(size) if isinstance(size, Pairs) else {}
    return [
        fields.get('imageWidth', both.get('width')),
        fields.get('imageHeight', both.get('height')),
    ]


def _corners(shape: Mapping) -> Corners:
    """Return the corners of a shape; a circle's points are its centre and one of its edge."""
    if shape.get('shape_type') == 'circle':
        raise ValueError('a circle')
    points = shape['points']
    xs, ys = zip(*(dict(points)['exterior'] if isinstance(points, Pairs) else points), strict=True)
    return xs, ys


def _tool_of(fields: Mapping) -> str | None:
    """Return the tool that wrote a file; many have annotations, Darwin's name their image, too."""
    found = next((tool for tool, (entries, _) in _TOOLS.items() if entries in fields), None)
    is_other = found == 'Darwin JSON' and not {'item', 'image'} & set(fields)
    return None if is_other else found
