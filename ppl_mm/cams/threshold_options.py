"""What options say of each class: ``CLASS=VALUE`` after what holds for all."""

import re

from ..errors import UserError

#: Smallest and largest share of an image, 0..1.
Area = tuple[float, float]


def split_classes(text: str, option: str, how: str) -> tuple[str, dict[str, str]]:
    """Return what the value of an option says of all classes, and what of some, by name.

    A path of JSON is left whole. ``how`` is what to give, for messages.

    Raises:
        UserError: If it is not of this form, or names a class twice.

    Examples:
        >>> split_classes('auto,crack=0.8', '--threshold', '')
        ('auto', {'crack': '0.8'})
    """
    if text.endswith('.json') or '=' not in text:
        return text, {}
    first, *more = text.split(',')
    rest, named = ('', [first, *more]) if '=' in first else (first, more)
    parts: dict[str, str] = {}
    for part in named:
        name, equals, value = (piece.strip() for piece in part.rpartition('='))
        if not (name and equals and value) or name in parts:
            wrong = 'names a class twice' if name in parts else f"'{part.strip()}' has no class"
            raise UserError(f'{option} {text}: {wrong}; give {how}')
        parts[name] = value
    return rest.strip(), parts


def parse_area(text: str) -> Area:
    """Return the range of an ``--expected-area``, as shares of an image.

    Args:
        text: Per cent, as ``1-5%``, ``1-5`` or ``3%``.

    Raises:
        UserError: If it is not such a range, or not above 0 and at most 100.

    Examples:
        >>> parse_area('1-5%')
        (0.01, 0.05)
    """
    found = re.fullmatch(r'([\d.]+)\s*%?\s*(?:-\s*([\d.]+))?\s*%?', text.strip())
    try:
        parts = (found[1], found[2] or found[1]) if found else ('0', '0')
        low, high = (float(part) / 100 for part in parts)
    except ValueError:
        low = high = 0.0
    if not 0 < low <= high <= 1:
        raise UserError(
            f'--expected-area {text}: give the per cent of an image that objects cover, as 1-5%'
        )
    return low, high
