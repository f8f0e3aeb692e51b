"""What the labels of one image say, whatever file holds them."""

import re
from collections.abc import Iterable, Sequence

from ...utils.text import counted
from ..image_list import has_control_character, normal_name

#: Names that mean "shows none of the classes", unless a known class is called so.
NO_CLASS = (
    *('none', 'background', '__background__', '_background_', 'bg', 'negative', 'nothing'),
    *('no class', 'no object', 'void', 'null', 'nan', 'na', 'n/a', 'n.a.', '#n/a', '<na>'),
    *('-', '?'),
)
#: Names of the lists of a data set that somebody has split already.
SPLIT_NAMES = {'train', 'training', 'val', 'valid', 'validation', 'test'}
# The last four are those of Chinese and Japanese keyboards.
_SEPARATORS = ';|,\uff1b\uff5c\uff0c\u3001'
_FORMS = 'separate classes by spaces, or by one of ;|, in a quoted cell'
_QUOTED = re.compile(r"""\s*(?:'([^']*)'|"([^"]*)")\s*,?""")


class LabelNames:
    """Turns the labels of an image into names of classes.

    Every reader of labels passes through here, and so do labels in the names of folders and files:
    all of them have the same rules. A ValueError says what is wrong; who reads the file adds where.

    Args:
        classes: Known classes. Only a known class may hold a separator, and
            class ids and multi-hot vectors refer to this list.
        negative_names: Names that mean "shows none of the classes".
    """

    def __init__(self, classes: Sequence[str] = (), negative_names: Iterable[str] = ()) -> None:
        self.classes = tuple(map(normal_name, classes))
        self._known = set(self.classes)
        self._negative = {normal_name(name).casefold() for name in negative_names}
        self._texts: dict[str, tuple[str, ...]] = {}

    def of_classes(self, classes: Sequence[str]) -> 'LabelNames':
        """Return the same rules for other classes."""
        return LabelNames(classes, self._negative)

    def from_text(self, text: str) -> tuple[str, ...]:
        """Return the names in a cell, such as ``cat dog``, ``cat; blue bird`` or ``['cat']``.

        An empty one names no class: a negative.

        Raises:
            ValueError: A name is not valid.
        """
        names = self._texts.get(text)
        if names is None:  # labels repeat: each text is taken apart once
            names = self._texts[text] = self.from_names(self._split(normal_name(text).strip()))
        return names

    def from_labels(self, labels: Iterable[str]) -> tuple[str, ...]:
        """Return the names that folders or tools have, which may hold separators, each once.

        Raises:
            ValueError: A name is not valid, or some mean a class, and others none.
        """
        return _each_once(map(self._meaning, labels))

    def from_names(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return names that stand one by one, without separators unless they are known, each once.

        Raises:
            ValueError: A name is not valid, or some mean a class, and others none.
        """
        return _each_once(map(self._check, names))

    def from_values(self, values: Sequence[str | int | bool]) -> tuple[str, ...]:
        """Return the names of a list of names, of class ids, or of true and false.

        Raises:
            ValueError: A value is not valid, or refers to classes that are not known.
        """
        if not values or not all(isinstance(value, bool) for value in values):
            return self.from_names([self._name_in_list(value) for value in values])
        if len(values) != len(self.classes):
            raise ValueError(
                f'has {counted(len(values), "value")}, one per class, but '
                f'{counted(len(self.classes), "class is", "classes are")} known; '
                'give them in that order (own_data.py --classes, or classes.txt)'
            )
        return self.from_names(name for name, on in zip(self.classes, values, strict=True) if on)

    def _name_in_list(self, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError(f"has '{value}', expected names or ids of classes")
        return self._name_of(value) if isinstance(value, int) else value

    def _name_of(self, class_id: int) -> str:
        if not self.classes:
            raise ValueError(
                f'has the class id {class_id}, but the classes are not known; give them in order '
                '(own_data.py --classes, or classes.txt)'
            )
        if not 0 <= class_id < len(self.classes):
            raise ValueError(
                f"unknown class '{class_id}'; class ids count from 0 to {len(self.classes) - 1}"
            )
        return self.classes[class_id]

    def _check(self, name: str) -> str | None:
        """Return the same; refuse what is left of a form that was not understood."""
        meaning = self._meaning(name)
        if meaning is None or meaning in self._known or _is_plain(meaning):
            return meaning
        raise ValueError(f'{name!r} is not a valid class name; {_FORMS}')

    def _meaning(self, name: str) -> str | None:
        """Return a name as it is compared, None for one that means no class."""
        name = normal_name(name).strip()
        if name in self._known:
            return name
        if name.casefold() in self._negative:
            return None
        if name.casefold() in NO_CLASS:
            raise ValueError(
                f"label '{name}' is usually no class; leave the label empty if the image shows "
                f'none of the classes, or give own_data.py --negative-name {name}, or --classes '
                'if it is one'
            )
        if not name or has_control_character(name):
            raise ValueError(f'{name!r} is not a valid class name; rename it')
        return name

    def _is_one_name(self, text: str) -> bool:
        return text in self._known or text.casefold() in self._negative

    def _split(self, text: str) -> list[str]:
        """Take a cell apart."""
        if self._is_one_name(text) or text.casefold() in NO_CLASS:
            return [text]
        for pieces in (text.split(';'), text.split()):
            pieces = [piece.strip() for piece in pieces if piece.strip()]
            if all(map(self._is_one_name, pieces)):
                return pieces
        if text[:1] in ('[', '(', '{') and text[-1:] in (']', ')', '}'):
            return self._split_list(text[1:-1].strip())
        return self._split_plain(text) if set(text) & set(_SEPARATORS) else text.split()

    def _split_plain(self, text: str) -> list[str]:
        """Take apart what separators hold apart; between them a space belongs to a name."""
        text = text.strip()
        separator = next((one for one in _SEPARATORS if one in text), None)
        if separator is None or self._is_one_name(text):
            return [text] if text else []
        return [name for piece in text.split(separator) for name in self._split_plain(piece)]

    def _split_list(self, text: str) -> list[str]:
        """Take apart a list as Python, NumPy or JSON print it, without its brackets."""
        if "'" not in text and '"' not in text:
            if re.fullmatch(r'[\d.,\s]+', text):
                raise ValueError(f"'[{text}]' is a list of numbers; write names of classes")
            return self._split(text)
        names, place = [], 0
        while place < len(text):
            match = _QUOTED.match(text, place)
            if match is None:
                raise ValueError(f"'[{text}]' is not a valid list of names; {_FORMS}")
            names.append(match[1] if match[1] is not None else match[2])
            place = match.end()
        return names


def _each_once(meanings: Iterable[str | None]) -> tuple[str, ...]:
    found = dict.fromkeys(meanings)
    if None in found and len(found) > 1:
        raise ValueError(f"names '{next(filter(None, found))}' and no class; keep one")
    return tuple(filter(None, found))


def _is_plain(name: str) -> bool:
    """Return whether a name is not what is left of a form that was not understood."""
    return not (
        not any(map(str.isalnum, name))
        or set(name) & {*_SEPARATORS, *'“”„«»'}
        or (name[0] in '[({' and name[-1] in '])}')
        or any(name.count(one) != name.count(other) for one, other in ('[]', '()', '{}'))
        or (name[0] in '\'"' and name[-1] == name[0])
    )
