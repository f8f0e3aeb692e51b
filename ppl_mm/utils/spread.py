"""A few of many things, spread over all of them."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar('T')


def spread(items: Sequence[T], most: int) -> list[T]:
    """Return at most so many items at equal distances, in order, the first and the last among them.

    Examples:
        >>> spread('abcdefg', 3)
        ['a', 'd', 'g']
    """
    places = np.linspace(0, len(items) - 1, min(len(items), most)).round().astype(int)
    return [items[place] for place in places]
