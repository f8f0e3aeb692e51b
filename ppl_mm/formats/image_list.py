"""Lists of images as in VOC's ImageSets, read in one way by everyone."""

import os
import re
from pathlib import Path

from ..errors import UserError

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png')
# What a class's list in VOC's ImageSets/Main has after the image: '  1', ' -1'
# or '  0'. A name may hold a space, and end in a single one and a number.
_FLAG = re.compile(r'( -1|\s{2,}[01])$')


def image_id(image: str) -> str:
    """The name of an image without its suffix: cats/01.jpg -> cats/01."""
    stem, suffix = os.path.splitext(image)
    return stem if suffix.lower() in IMAGE_SUFFIXES else image


def read_image_list(path: str | os.PathLike) -> list[tuple[int, str]]:
    """The images of a list, each once.

    Args:
        path (str | PathLike): One image a line, a path below the image folder
            with or without suffix; names may hold spaces. A flag of VOC's
            lists of a class is left out.

    Returns:
        list[tuple[int, str]]: Line numbers from 1, and images as they stand.

    Raises:
        UserError: The file is missing, no text, or empty, or names an image
            twice.
    """
    try:
        text = Path(path).read_text(encoding='utf-8-sig')
    except (OSError, UnicodeDecodeError) as error:
        reason = (
            'is missing'
            if isinstance(error, FileNotFoundError)
            else ('not a readable list of images')
        )
        raise UserError(f'{path}: {reason}; give a text file with one image a line') from error
    lines = [
        (number, _FLAG.sub('', line.strip()).rstrip())
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    ]
    if not lines:
        raise UserError(f'{path}: names no image; give a text file with one image a line')
    first = {}
    for number, image in lines:
        known = first.setdefault(image_id(image), number)
        if known != number:
            raise UserError(
                f"{path} line {number}: image '{image}' occurs "
                f'twice, first at line {known}; keep one'
            )
    return lines


def read_ids(path: str | os.PathLike) -> list[str]:
    """The images of a list without their suffixes.

    Args:
        path (str | PathLike): As of :func:`read_image_list`.

    Returns:
        list[str]: Ids, in order.

    Raises:
        UserError: As of :func:`read_image_list`.
    """
    return [image_id(image) for _, image in read_image_list(path)]
