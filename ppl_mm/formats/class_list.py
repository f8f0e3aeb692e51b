"""Lists of foreground classes, and names turned into ids."""

import difflib
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ..errors import UserError
from ..utils.text import first_few
from .image_labels.label_row import LabelRow
from .image_list import has_control_character, normal_name
from .text_file import read_lines

BACKGROUND = 'background'
#: In its place where every pixel belongs to a class: no mask and no label has a 0 then.
NO_BACKGROUND = 'no background'
#: Labels are bytes; 0 is the background, 255 is ignored.
MOST_CLASSES = 254
_TYPO_SHARE = 0.05  # of the images of the class that it resembles


def read_classes(path: str | os.PathLike) -> tuple[str, ...]:
    """Read the foreground classes of a classes.txt, in the order of the classifier's ids.

    Raises:
        UserError: See :func:`read_label_names`.
    """
    return read_label_names(path)[1:]


def read_label_names(path: str | os.PathLike) -> tuple[str, ...]:
    """Read what the values 0, 1, .. of a mask mean, a line each, from a classes.txt.

    Returns:
        :data:`BACKGROUND` or :data:`NO_BACKGROUND`, then the classes.

    Raises:
        UserError: The file is missing or empty, its first line is neither, or there are too many.
    """
    names = [line for _, line in read_lines(path, 'class list')]
    if names[0] not in (BACKGROUND, NO_BACKGROUND):
        raise UserError(
            f"{path} line 1: is '{names[0]}', expected '{BACKGROUND}'; put {BACKGROUND} first, or "
            f"'{NO_BACKGROUND}' where every pixel belongs to a class"
        )
    classes = check_classes(names[1:], str(path))
    check_count(classes, str(path))
    return (names[0], *classes)


def check_count(classes: Sequence[str], where: str) -> None:
    """Refuse more classes, by where they stand, than a mask can show beside 0 and 255."""
    if len(classes) > MOST_CLASSES:
        raise UserError(
            f'{where}: {len(classes)} classes, but an 8-bit mask has room for {MOST_CLASSES}'
        )


def label_names(classes: Iterable[str], background: bool = True) -> tuple[str, ...]:
    """Return what the values 0, 1, .. of a label mean: (no) background, and the classes."""
    return (BACKGROUND if background else NO_BACKGROUND, *classes)


def channel_names(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the classes of a segmentation network, a channel each; "no background" has none."""
    return tuple(labels[1:] if labels[0] == NO_BACKGROUND else labels)


def check_classes(names: Sequence[str], where: str) -> tuple[str, ...]:
    """Return a list of foreground classes in Unicode's normal form; refuse one that is not valid.

    Args:
        names: The list.
        where: Where it stands, for messages.

    Raises:
        UserError: The list is empty, names a class twice, names the background, or a name has a
            control character.
    """
    if (
        not names
        or not isinstance(names, list | tuple)
        or not all(isinstance(name, str) for name in names)
    ):
        raise UserError(f'{where}: expected a list of class names, got {names!r}')
    names = tuple(map(normal_name, names))
    for name, count in Counter(names).items():
        if name in (BACKGROUND, NO_BACKGROUND):
            raise UserError(
                f"{where}: names '{name}'; image-level labels know foreground classes only, "
                'take it out'
            )
        if not name.strip() or has_control_character(name):
            raise UserError(f'{where}: {name!r} is not a valid class name; rename it')
        if count > 1:
            raise UserError(f"{where}: names class '{name}' twice; keep one")
    return names


def check_same_classes(
    classes: Sequence[str], where: str, known: Sequence[str], known_where: str
) -> None:
    """Refuse two class lists, by where they stand, that differ, order included."""
    if tuple(classes) != tuple(known):
        raise UserError(
            f'{where}: classes {", ".join(classes)} differ from {", ".join(known)} of '
            f'{known_where}; make them equal, order included'
        )


def natural_order(names: Iterable[str]) -> list[str]:
    """Sort names as people count: 1, 2, 10, and not 1, 10, 2."""
    return sorted(names, key=lambda name: ([*map(_part_key, re.split('([0-9]+)', name))], name))


def _part_key(part: str) -> tuple[int, str]:
    """Return what numbers, and texts, are compared by."""
    digits = part.lstrip('0')
    return (len(digits), digits) if part[:1].isdigit() and part.isascii() else (0, part)


class ClassIds:
    """Turns the names of a label row into ids of these foreground classes."""

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = tuple(classes)
        self._ids = {name: number for number, name in enumerate(self.classes)}
        self._known: dict[tuple[str, ...], list[int]] = {}

    def __call__(self, row: LabelRow) -> list[int]:
        """Return the sorted ids of a row, each once; none for a negative; equal rows share it.

        Raises:
            UserError: A name is not a class.
        """
        found = self._known.get(row.names)
        if found is None:
            found = self._known[row.names] = sorted({self._id(name, row) for name in row.names})
        return found

    def _id(self, name: str, row: LabelRow) -> int:
        if name not in self._ids:
            raise UserError(
                f"{row.where}: unknown class '{name}'; {suggest_class(name, self.classes)}"
            )
        return self._ids[name]


def suggest_class(name: str, classes: Sequence[str]) -> str:
    """Say which class a wrong name may mean, or which there are."""
    near = _nearest(name, classes)
    return f'known are {first_few(classes)}' if near is None else f"did you mean '{near}'?"


def likely_typos(counts: Mapping[str, int], classes: Iterable[str]) -> dict[str, str]:
    """Return names that are probably misspelt, each with the more frequent class that it resembles.

    Names that differ in a number, as ``crack 1`` and ``crack 2``, do not resemble each other.

    Args:
        counts: How many images each name has.
        classes: What a name may be meant to be.
    """
    found = {}
    for name, count in counts.items():
        others = [other for other in classes if other != name]
        near = _nearest(name, [other for other in others if _outweighs(other, name, count, counts)])
        if near is not None:
            found[name] = near
    return found


def _outweighs(other: str, name: str, count: int, counts: Mapping[str, int]) -> bool:
    """Return whether a name is rare beside another, or the same word in another spelling."""
    most = counts.get(other, math.inf)
    if _same_word(other, name):
        return (most, other) > (count, name)
    return count <= _TYPO_SHARE * most


def _nearest(name: str, classes: Sequence[str]) -> str | None:
    """Return the class that a name resembles, with the same numbers in it."""
    same = [known for known in classes if _same_word(known, name)]
    digits = re.sub(r'\D', '', name)
    like = [known for known in classes if re.sub(r'\D', '', known) == digits]
    return next(iter(same or difflib.get_close_matches(name, like, n=1)), None)


def _same_word(one: str, other: str) -> bool:
    """Return whether names differ in case, spaces and dashes only, or are one and many."""
    short, long = sorted(map(_letters, (one, other)), key=len)
    return long in (short, f'{short}s', f'{short}es')


def _letters(name: str) -> str:
    """Return a name without case, spaces, dashes and underscores."""
    return re.sub(r'[\s_-]+', '', name.casefold())
