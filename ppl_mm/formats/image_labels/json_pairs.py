"""JSON files of a user, read with errors that name file and line."""

import json
import os
from collections.abc import Iterator
from typing import Any

from ...errors import UserError
from ..text_file import read_text


class Pairs(list):
    """A JSON object as pairs, which keeps keys that occur twice."""


def read_pairs(path: str | os.PathLike, expected: str) -> Any:
    """Read a JSON file whose objects become :class:`Pairs`; messages say what was ``expected``.

    Raises:
        UserError: The file is missing or not valid JSON.
    """
    text = read_text(path, 'label file')
    try:
        return json.loads(text, object_pairs_hook=Pairs)
    except json.JSONDecodeError as error:
        raise UserError(
            f'{path} line {error.lineno}: is not valid JSON ({error.msg}); correct that line'
        ) from None
    except RecursionError:
        raise UserError(f'{path}: is nested too deep; expected {expected}') from None
    except ValueError:  # Python converts no number of more than 4,300 digits
        raise UserError(f'{path}: has a number of thousands of digits; write class names') from None


def is_list(value: object) -> bool:
    """Return whether a value is a list of JSON's, which a :class:`Pairs` is not."""
    return isinstance(value, list) and not isinstance(value, Pairs)


def items_of(value: Any, where: str) -> list:
    """Return a JSON list.

    Raises:
        UserError: It is something else; ``where`` says where it stands.
    """
    if not is_list(value):
        raise UserError(f'{where}: expected a list')
    return value


def fields_of(value: object, where: str, *wanted: str) -> dict:
    """Return the fields of a JSON object that must have those that are wanted.

    Raises:
        UserError: It is something else, or a field is missing; ``where`` says where it stands.
    """
    fields = dict(value) if isinstance(value, Pairs) else {}
    if not isinstance(value, Pairs) or any(name not in fields for name in wanted):
        shown = ' with ' + ' and '.join(map(repr, wanted)) if wanted else ''
        raise UserError(f'{where}: expected an object{shown}')
    return fields


def objects_of(
    value: object, path: str | os.PathLike, name: str, *wanted: str
) -> Iterator[tuple[str, dict]]:
    """Yield the place of each object of a JSON list, as ``images[3]``, and its fields.

    Raises:
        UserError: The value is not a list of objects that have all ``wanted`` fields.
    """
    for number, entry in enumerate(items_of(value, f'{path} {name}')):
        place = f'{name}[{number}]'
        yield place, fields_of(entry, f'{path} {place}', *wanted)
