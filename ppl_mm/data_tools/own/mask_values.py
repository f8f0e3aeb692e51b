"""What the values of a user's masks mean."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...errors import UserError
from ...formats.class_list import BACKGROUND
from ...formats.mask_file import IGNORE

_WORDS = (BACKGROUND, 'void', 'object')


class MaskValues:
    """Turns masks of any values into the project's.

    Args:
        classes (Sequence[str]): Foreground classes.
        meanings (Mapping, optional): From a value, 0 to 255, to a class,
            'background', 'void', or 'object' for the one class that the image
            is labelled with. Defaults to None: values are the project's.

    Raises:
        UserError: A value or a meaning that cannot be.
    """

    def __init__(self, classes: Sequence[str], meanings: Mapping[int, str] | None = None) -> None:
        self.classes = tuple(classes)
        self.meanings = dict(meanings or {})
        for value, name in self.meanings.items():
            if name not in _WORDS and name not in self.classes:
                raise UserError(
                    f"--mask-values {value}={name}: '{name}' is "
                    f'no class and none of {", ".join(_WORDS)}'
                )

    def convert(self, mask: np.ndarray, labels: Sequence[str], where: str) -> np.ndarray:
        """Turn one mask.

        Args:
            mask (np.ndarray): uint8, (H, W), as in the file.
            labels (Sequence[str]): The image's own classes.
            where (str): The file, for messages.

        Returns:
            np.ndarray: uint8, (H, W): 0 background, class id + 1, 255 void.

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
        if unknown:
            raise UserError(
                f'{where}: has the value {unknown[0]}, but there are '
                f'{len(self.classes)} classes; say what each value is with '
                '--mask-values, e.g. 0=background '
                f'{unknown[0]}={self.classes[0]}'
            )
        if values.tolist() in ([0, IGNORE], [IGNORE]):
            raise UserError(
                f'{where}: has no values but 0 and 255, and 255 means void; '
                'if it is the object, give --mask-values 0=background '
                '255=object'
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
                    f'{where}: its image is labelled {" and ".join(labels)}, '
                    f'so {value}=object could be either; give this mask a '
                    'value for each class'
                )
            name = labels[0]
        if name in (BACKGROUND, 'void'):
            return 0 if name == BACKGROUND else IGNORE
        return self.classes.index(name) + 1


def parse_meanings(texts: Sequence[str]) -> dict[int, str]:
    """Read ``VALUE=MEANING`` from the command line.

    Args:
        texts (Sequence[str]): E.g. ``['0=background', '38=cat']``.

    Returns:
        dict[int, str]: By value.

    Raises:
        UserError: One that is not of this form, or a value that comes twice.
    """
    meanings = {}
    for text in texts:
        value, equals, name = text.partition('=')
        if not (equals and name and value.isdecimal() and int(value) < 256):
            raise UserError(
                f'--mask-values {text}: expected VALUE=MEANING '
                'with a value of 0 to 255, e.g. 38=cat'
            )
        if int(value) in meanings:
            raise UserError(f'--mask-values {text}: the value comes twice; keep one')
        meanings[int(value)] = name
    return meanings
