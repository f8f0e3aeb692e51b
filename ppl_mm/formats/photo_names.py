"""Which photograph of a user became which image of a data set."""

import csv
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ..errors import UserError
from .image_list import check_image

#: Lists the photographs, in the folder of a data set of ``own_data.py``.
SOURCES = 'sources.csv'


class SourceRow(NamedTuple):
    """What became of a photograph.

    Attributes:
        photo: Its name.
        image: The id of its image, '' for none.
        problem: Why it is not used, '' if it is.
        digest: Of photo, mask and labels; '' in old lists.
    """

    photo: str
    image: str
    problem: str
    digest: str


def read_sources(data_root: Path) -> list[SourceRow]:
    """Read what became of the photographs of a data set of ``own_data.py``.

    Raises:
        UserError: If the list is missing or not of ``own_data.py``.
    """
    path = data_root / SOURCES
    try:
        with open(path, encoding='utf-8', newline='') as file:
            return [
                SourceRow(row['photo'], row['image'], row['problem'], row.get('digest') or '')
                for row in csv.DictReader(file)
            ]
    except (OSError, KeyError, ValueError, csv.Error) as error:
        raise UserError(
            f'{path}: missing or not readable; delete it, and give the command that made '
            f'{data_root} again'
        ) from error


def images_of(data_root: Path) -> dict[str, str]:
    """Return the image id of each photograph that is used, by its name.

    Raises:
        UserError: See :func:`read_sources`; or an image id is not below the image folder.
    """
    where = str(data_root / SOURCES)
    used = [row for row in read_sources(data_root) if row.image and not row.problem]
    return {row.photo: check_image(row.image, where) for row in used}


def mask_names(data_root: Path) -> dict[str, str]:
    """Return the image id of each mask that a user gets, by its path."""
    photos = images_of(data_root)
    return {f'{name}.png': photos[photo] for photo, name in output_names(photos).items()}


def output_names(images: Iterable[str]) -> dict[str, str]:
    """Return a name for what is made of each image, all different: its path without the ending.

    Images that would have one name, as a.jpg and a.png, keep their endings.
    """
    names = {image: os.path.splitext(image)[0] for image in images}
    while True:
        counts = Counter(names.values())
        clashing = [image for image, name in names.items() if counts[name] > 1 and name != image]
        if not clashing:
            return names
        names.update(zip(clashing, clashing, strict=True))
