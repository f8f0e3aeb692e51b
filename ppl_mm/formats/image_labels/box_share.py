"""How much of an image the boxes of a label file cover: more than its objects can."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

#: x and y of the corners of a shape, as a file has them.
Corners = tuple[Iterable, Iterable]


def box_share(shapes: Callable[[], Iterable[Corners]], size: Sequence) -> float | None:
    """Return the share of an image that the boxes around shapes cover, boxes that overlap twice.

    Labels count without their places, so nothing is refused here: the share is None if there is no
    shape, or one has no extent, or a number cannot be read. It is at most 1.

    Args:
        shapes: Reads the shapes.
        size: Width and height of the image.

    Examples:
        >>> box_share(lambda: [((10, 20), (10, 30)), ((0, 5, 5), (0, 0, 20))], (100, 100))
        0.03
    """
    try:
        width, height = map(float, size)
        areas = [_area(xs, ys) / (width * height) for xs, ys in shapes()]
    # What a malformed file may raise here is all one: its places are not used.
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None
    known = bool(areas) and all(0 < area <= 1.01 for area in areas)  # 1: rounded corners
    return min(1.0, sum(areas)) if known else None


def corners(x: Any, y: Any, width: Any, height: Any) -> Corners:
    """Return the corners of a box that is given by one of them and its size."""
    x, y = float(x), float(y)
    return (x, x + float(width)), (y, y + float(height))


def polygon(flat: Iterable) -> Corners:
    """Return the corners of a polygon, given as x, y, x, y, .."""
    numbers = list(flat)
    return numbers[::2], numbers[1::2]


def _area(xs: Iterable, ys: Iterable) -> float:
    (left, *_, right), (top, *_, bottom) = (sorted(map(float, values)) for values in (xs, ys))
    return (right - left) * (bottom - top)
