"""The classes of annotation tools, whose labels refer to them by id."""

from collections.abc import Iterable

from ...errors import UserError
from ..class_list import check_classes
from .label_names import LabelNames


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
        self.where = where
        self._listed: dict[int | str, str] = {}
        for key, name in listed:
            if not isinstance(key, int | str) or isinstance(key, bool) or not isinstance(name, str):
                raise UserError(f'{where}: expected an id and a name, got {key!r} and {name!r}')
            if key in self._listed:
                raise UserError(
                    f"{where}: id {key} is '{self._listed[key]}' and '{name}'; keep one"
                )
            self._listed[key] = name
        found = [one for name in self._listed.values() for one in self._meaning(names, name)]
        self.classes = check_classes(found, where) if found else ()
        self._names = names.of_classes(self.classes)

    def _meaning(self, names: LabelNames, name: str) -> tuple[str, ...]:
        try:
            return names.from_name(name)
        except ValueError as error:
            raise UserError(f'{self.where}: {error}') from None

    def name(self, key: object) -> str:
        """Return the name that an id stands for, as it is listed.

        Args:
            key: The id.

        Raises:
            ValueError: No class has it.
        """
        if isinstance(key, int | str) and not isinstance(key, bool) and key in self._listed:
            return self._listed[key]
        known = ', '.join(map(str, list(self._listed)[:8])) + ', ..' * (len(self._listed) > 8)
        raise ValueError(f'has the class {key!r}, but {self.where} has only {known}')

    def names(self, listed: Iterable[str]) -> tuple[str, ...]:
        """Return the classes of an image, each once.

        Args:
            listed: Names as :meth:`name` returns them.

        Raises:
            ValueError: They name a class, and none.
        """
        return self._names.from_names(listed)
