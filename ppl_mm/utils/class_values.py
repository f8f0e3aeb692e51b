"""Options with a value for each class: ``CLASS=VALUE,CLASS=VALUE`` after what holds for all."""

import csv
import io
from collections.abc import Mapping

from ..errors import UserError


def split_classes(text: str, option: str, how: str) -> tuple[str, dict[str, str]]:
    """Return what the value of an option says of all classes, and what of some, by name.

    A path of JSON is left whole. A name with a comma is in double quotes, as in a CSV. ``how`` is
    what to give, for messages.

    Raises:
        UserError: If it is not of this form, or names a class twice.

    Examples:
        >>> split_classes('auto,crack=0.8,"hole, small"=0.9', '--threshold', '')
        ('auto', {'crack': '0.8', 'hole, small': '0.9'})
    """
    if text.endswith('.json') or '=' not in text:
        return text, {}
    try:
        first, *more = next(csv.reader([text], skipinitialspace=True))
    except csv.Error as error:
        raise UserError(f'{option} {text!r}: {error}; give {how}') from error
    rest, named = ('', [first, *more]) if '=' in first else (first, more)
    parts: dict[str, str] = {}
    for part in named:
        name, equals, value = (piece.strip() for piece in part.rpartition('='))
        if not (name and equals and value) or name in parts:
            wrong = 'names a class twice' if name in parts else f"'{part.strip()}' has no class"
            raise UserError(f'{option} {text}: {wrong}; give {how}')
        parts[name] = value
    return rest.strip(), parts


def join_classes(values: Mapping[str, object]) -> str:
    """Return the text that :func:`split_classes` reads.

    Examples:
        >>> join_classes({'crack': 0.8, 'hole, small': 0.9})
        'crack=0.8,"hole, small=0.9"'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator='').writerow(f'{name}={one}' for name, one in values.items())
    return text.getvalue()
