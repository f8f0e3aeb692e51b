"""The classes of annotation tools whose labels refer to them by id."""

from collections.abc import Iterable

from ...errors import UserError
from ...utils.text import first_few
from ..class_list import check_classes
from .label_names import LabelNames
from .label_row import saying_where


class ToolClasses:
    """Turns the ids by which labels refer to a tool's classes into names.

    A ValueError says what is wrong with an id; who reads the labels adds where.

    Args:
        listed: Id and name of each class, in order.
        names: The rules for names.
        where: Where the classes are listed, for messages.

    Attributes:
        classes: The names, without those that mean "none of the classes".

    Raises:
        UserError: A name is not valid, or an id or a name occurs twice.
    """

    def __init__(self, listed: Iterable[tuple[object, object]], names: LabelNames, where: str):
        self.where, self._names = where, names
        self._listed: dict[object, str] = {}
        for key, name in listed:
            if not _is_id(key) or not isinstance(name, str):
                raise UserError(f'{where}: expected an id and a name, got {key!r} and {name!r}')
            if key in self._listed:
                raise UserError(
                    f"{where}: id {key} is '{self._listed[key]}' and '{name}'; keep one"
                )
            self._listed[key] = name
        with saying_where(where):
            found = [one for name in self._listed.values() for one in names.from_labels([name])]
        self.classes = check_classes(found, where) if found else ()

    def check(self, key: object) -> None:
        """Raise a ValueError unless a class has this id."""
        if not _is_id(key) or key not in self._listed:
            raise ValueError(
                f'has the class {key!r}, but {self.where} has only {first_few(self._listed)}; '
                'correct the label, or that list'
            )

    def names(self, keys: Iterable[object]) -> tuple[str, ...]:
        """Return the classes of an image, each once, by the ids of its labels.

        Raises:
            ValueError: No class has an id, or they mean a class, and none.
        """
        keys = list(keys)
        for key in keys:
            self.check(key)
        return self._names.from_labels(self._listed[key] for key in keys)


def _is_id(key: object) -> bool:
    return isinstance(key, int | str) and not isinstance(key, bool)
