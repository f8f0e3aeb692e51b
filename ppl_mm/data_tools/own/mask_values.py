"""What the values of a user's masks mean."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...errors import UserError
from ...formats.class_list import BACKGROUND
from ...formats.mask_file import IGNORE, read_any_mask
from ...utils.processes.thread_pool import map_files
from ...utils.text import counted
from .settings import OwnDataSettings

_WORDS = (BACKGROUND, 'void', 'object')
_MEANING = re.compile(r'(?P<first>[0-9]{1,3})(-(?P<last>[0-9]{1,3}))?=(?P<name>.+)')
# More values than this that are no classes come from smoothed edges.
_MOST_VALUES = 8


class MaskValues:
    """Turns masks of any values into the project's.

    Args:
        classes: Foreground classes.
        meanings: From a value, 0 to 255, to a class, 'background', 'void', or 'object' for the one
            class that the image is labelled with. Defaults to None: values are the project's.

    Raises:
        UserError: A meaning is none of these.
    """

    def __init__(self, classes: Sequence[str], meanings: Mapping[int, str] | None = None) -> None:
        self.classes = tuple(classes)
        self.meanings = dict(meanings or {})
        for value, name in self.meanings.items():
            if name not in _WORDS and name not in self.classes:
                raise UserError(
                    f"--mask-values {value}={name}: '{name}' is neither a class nor one of "
                    f'{", ".join(_WORDS)}'
                )

    def convert(self, mask: np.ndarray, labels: Sequence[str], where: str) -> np.ndarray:
        """Return a file's mask, uint8 (H, W), in our values: 0 background, class id + 1, 255 void.

        Raises:
            UserError: A value that means nothing.
        """
        values = np.flatnonzero(np.bincount(mask.ravel(), minlength=256))
        if not self.meanings:
            self._check_plain(values, where)
            return mask
        table = np.zeros(256, np.uint8)
        for value in values:
            table[value] = self._label(int(value), labels, where)
        return table[mask]

    def _check_plain(self, values: np.ndarray, where: str) -> None:
        unknown = [value for value in values if len(self.classes) < value != IGNORE]
        if len(unknown) > _MOST_VALUES:
            raise UserError(
                f'{where}: has {len(values)} different values, which looks like soft edges; say '
                'which are the object with --mask-values, e.g. 0-127=background 128-255=object'
            )
        if unknown:
            raise UserError(
                f'{where}: has the value {unknown[0]}, but masks are of '
                f'{counted(len(self.classes), "class", "classes")}; say what each value is with '
                f'--mask-values, e.g. 0=background {unknown[0]}={self.classes[0]}'
            )
        if values.tolist() in ([0, IGNORE], [IGNORE]):
            raise UserError(
                f'{where}: has no values but 0 and 255, and 255 means void; if it is the object, '
                'give --mask-values 0=background 255=object'
            )

    def _label(self, value: int, labels: Sequence[str], where: str) -> int:
        name = self.meanings.get(value)
        if name is None:
            raise UserError(
                f'{where}: has the value {value}, which --mask-values does not name; add it'
            )
        if name == 'object':
            if len(labels) != 1:
                raise UserError(
                    f'{where}: its image is labelled {" and ".join(labels)}, so {value}=object '
                    'could be either; give this mask a value for each class'
                )
            name = labels[0]
        if name in (BACKGROUND, 'void'):
            return 0 if name == BACKGROUND else IGNORE
        return self.classes.index(name) + 1


def mask_values(
    settings: OwnDataSettings,
    classes: Sequence[str],
    masks: Sequence[Path],
    workers: int | None = None,
) -> MaskValues:
    """Return what the values of masks mean, as the user says, or as the masks show.

    Where every pixel belongs to a class, people count classes from 0 or from 1; which of them, a
    mask with a 0, or with the highest value, tells.

    Raises:
        UserError: A meaning that cannot be, or masks that show neither, or both.
    """
    meanings = settings.mask_values
    if not settings.background and not meanings:
        meanings = _counted_meanings(classes, masks, workers)
    return MaskValues(classes, meanings)


def _counted_meanings(
    classes: Sequence[str], masks: Sequence[Path], workers: int | None
) -> dict[int, str]:
    """Return the class of each value, counted from 0 or from 1; 255 is void."""
    used: set[int] = set()
    for _, values in map_files(_values_in, list(masks), 'looking at masks', workers):
        used |= values
    ends = used & {0, len(classes)}
    if used and len(ends) != 1:
        seen = f'0 and {len(classes)}' if ends else f'neither 0 nor {len(classes)}'
        counted = ' '.join(f'{k}={name}' for k, name in enumerate(classes, 1))
        raise UserError(
            f'{masks[0].parent}: masks hold {seen}, so it is not clear which value is the first '
            f'class; give --mask-values, e.g. 0=void {counted}'
        )
    first = 0 if 0 in used else 1
    return {**dict(enumerate(classes, first)), IGNORE: 'void'}


def _values_in(path: Path) -> set[int]:
    try:
        return set(np.unique(read_any_mask(path)).tolist())
    except UserError:
        return set()  # named when it is converted


def parse_meanings(texts: Sequence[str]) -> dict[int, str]:
    """Return meanings by value of ``VALUE=MEANING`` and ``FIRST-LAST=MEANING``.

    Raises:
        UserError: One that is not of this form, or a value that comes twice.

    Examples:
        >>> parse_meanings(['0=background', '2-3=cat'])
        {0: 'background', 2: 'cat', 3: 'cat'}
    """
    meanings: dict[int, str] = {}
    for text in texts:
        found = _MEANING.fullmatch(text)
        first = int(found['first']) if found else -1
        last = int(found['last'] or first) if found else -1
        if found is None or not 0 <= first <= last < 256:
            raise UserError(
                f'--mask-values {text}: expected VALUE=MEANING or FIRST-LAST=MEANING '
                'with values of 0 to 255, e.g. 38=cat'
            )
        for value in range(first, last + 1):
            if value in meanings:
                raise UserError(f'--mask-values {text}: the value {value} comes twice; keep one')
            meanings[value] = found['name']
    return meanings
