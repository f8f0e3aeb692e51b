"""How much of an image objects cover, as an option says it."""

import re

from ..errors import UserError
from ..utils.class_values import split_classes

#: Smallest and largest share of an image, 0..1.
Area = tuple[float, float]


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


def parse_areas(text: str) -> tuple[Area | None, dict[str, Area]]:
    """Return what an ``--expected-area`` says of all objects, and of those of some classes.

    Args:
        text: A range, see :func:`.parse_area`; ranges of classes, as ``crack=0.1-1%,hole=2%``; or
            both, in this order.

    Raises:
        UserError: If a part is not a range.
    """
    rest, parts = split_classes(text, '--expected-area', '1-5%, or crack=0.1-1%,hole=2-5%')
    area_of = {name: parse_area(part) for name, part in parts.items()}
    return (parse_area(rest) if rest or not parts else None), area_of
