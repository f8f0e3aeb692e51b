"""Lists of foreground classes, and names turned into ids."""

import difflib
import os
from collections.abc import Sequence

from ..errors import UserError
from .image_labels import LabelRow, read_lines

BACKGROUND = 'background'


def read_classes(path: str | os.PathLike) -> tuple[str, ...]:
    """Foreground classes of a classes.txt, whose first line is background.

    Args:
        path (str | PathLike): The file.

    Returns:
        tuple[str]: Names in the order of the classifier's ids.

    Raises:
        UserError: The file is missing or empty, or background is not first.
    """
    names = [line for _, line in read_lines(path, 'class list')]
    if names[0] != BACKGROUND:
        raise UserError(
            f"{path} line 1: is '{names[0]}', expected '{BACKGROUND}'; put {BACKGROUND} first"
        )
    return check_classes(names[1:], str(path))


def check_classes(names: Sequence[str], where: str) -> tuple[str, ...]:
    """Refuse a list of foreground classes that cannot be one.

    Args:
        names (Sequence[str]): The list.
        where (str): Where it stands, for messages.

    Returns:
        tuple[str]: The list.

    Raises:
        UserError: It is empty, names a class twice, or names the background.
    """
    if (
        not names
        or not isinstance(names, list | tuple)
        or not all(isinstance(name, str) for name in names)
    ):
        raise UserError(f'{where}: expected a list of class names, got {names!r}')
    if BACKGROUND in names:
        raise UserError(
            f"{where}: names '{BACKGROUND}'; image labels know foreground classes only, take it out"
        )
    twice = _first_repeated(names)
    if twice is not None:
        raise UserError(f"{where}: names class '{twice}' twice; keep one")
    return tuple(names)


def class_ids(row: LabelRow, classes: Sequence[str]) -> list[int]:
    """Sorted class ids of a row, each once.

    Args:
        row (LabelRow): As read.
        classes (Sequence[str]): Foreground classes.

    Returns:
        list[int]: Ids, 0-based.

    Raises:
        UserError: No label at all, or one of an unknown class.
    """
    if not row.names:
        raise UserError(
            f"{row.where}: image '{row.image}' has no label; name a class or take the image out"
        )
    found = set()
    for name in row.names:
        if type(name) is int and 0 <= name < len(classes):
            found.add(name)
        elif isinstance(name, str) and name in classes:
            found.add(classes.index(name))
        else:
            raise UserError(f"{row.where}: unknown class '{name}'; {_suggestion(name, classes)}")
    return sorted(found)


def _suggestion(name: object, classes: Sequence[str]) -> str:
    near = difflib.get_close_matches(str(name), classes, n=1)
    near += [known for known in classes if known.lower() == str(name).lower()]
    if near:
        return f"did you mean '{near[-1]}'?"
    shown = ', '.join(classes[:8]) + (', ..' if len(classes) > 8 else '')
    return f'known are {shown}'


def _first_repeated(names: Sequence[str]) -> str | None:
    seen = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
