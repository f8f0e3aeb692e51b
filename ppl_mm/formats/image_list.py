"""Image ids, and lists of images as in VOC's ImageSets."""

import os
import re
import unicodedata
from pathlib import Path

from ..errors import UserError
from ..utils.text import first_few
from .text_file import read_text

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.tif', '.tiff')
# What a class's list in VOC's ImageSets/Main has after the image: '  1', ' -1'
# or '  0'. A name may hold a space, and end in a single one and a number.
_FLAG = re.compile(r'( -1|\s{2,}[01])$')
_CONTROL = re.compile('[\x00-\x1f\x7f-\x9f\u2028\u2029]')
_OUTSIDE = re.compile(r'^([/\\]|[A-Za-z]:)|(^|[/\\])\.\.([/\\]|$)')


def normal_name(name: str) -> str:
    """Return a name in Unicode's normal form C.

    macOS and some archives write the two characters of ``e`` and its accent where others write
    one. Whoever matches names matches these forms.
    """
    return name if name.isascii() else unicodedata.normalize('NFC', name)


def has_control_character(name: str) -> bool:
    """Return whether a name would break a line or reach the terminal as a command."""
    return _CONTROL.search(name) is not None


def image_id(image: str) -> str:
    """Return the name of an image without its suffix: ``cats/01.jpg`` is ``cats/01``."""
    stem, suffix = os.path.splitext(normal_name(image).removeprefix('./'))
    return stem if suffix.lower() in IMAGE_SUFFIXES else stem + suffix


def image_fault(image: str) -> str:
    """Return why a name is not that of an image below the image folder, '' if it is.

    Exports and masks are named after the image, so every list and label file passes its names
    through here: none may leave the folder of a data set.
    """
    if not image:
        return 'names no image; write its path below the image folder'
    if has_control_character(image):
        return f'image {image!r} has a control character; rename the file'
    if _OUTSIDE.search(image):
        return f"image '{image}' is not below the image folder; write a path relative to it"
    return ''


def check_image(image: str, where: str) -> str:
    """Return a name; refuse one that :func:`image_fault` finds a fault with, by where it stands."""
    fault = image_fault(image)
    if fault:
        raise UserError(f'{where}: {fault}')
    return image


def read_image_list(path: str | os.PathLike) -> list[tuple[int, str]]:
    """Read the images of a list, each once.

    Args:
        path: A text file with one image per line, a path below the image folder with or without
            suffix; names may hold spaces. The flag of a VOC list of one class is left out.

    Returns:
        Line numbers from 1, and images as they stand.

    Raises:
        UserError: The file is missing, not text, or empty; or it names an image twice, or one that
            is not below the image folder.
    """
    lines = [
        (number, _FLAG.sub('', line.strip()).rstrip())
        for number, line in enumerate(_read_list(path).splitlines(), 1)
        if line.strip()
    ]
    if not lines:
        raise UserError(f'{path}: names no image; give a text file with one image per line')
    first: dict[str, int] = {}
    for number, image in lines:
        check_image(image, f'{path} line {number}')
        known = first.setdefault(image_id(image), number)
        if known != number:
            raise UserError(
                f"{path} line {number}: image '{image}' occurs "
                f'twice, first at line {known}; keep one'
            )
    return lines


def read_ids(path: str | os.PathLike) -> list[str]:
    """Read the image ids of a list, in order, see :func:`read_image_list`."""
    return [image_id(image) for _, image in read_image_list(path)]


def _read_list(path: str | os.PathLike) -> str:
    """Read the text of a list; where it is missing, name those beside it."""
    if os.path.lexists(path):
        return read_text(path, 'list of images')
    others = sorted(other.stem for other in Path(path).parent.glob('*.txt'))
    advice = 'give a text file with one image per line'
    if others:
        advice = f'that folder has {first_few(others)}'
    raise UserError(f'{path}: is missing; {advice}')
