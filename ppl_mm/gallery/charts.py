"""Curves as points of an SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: Of a chart, in units of its own.
WIDTH, HEIGHT = 320, 140
_TICKS = 4


@dataclass(frozen=True)
class Chart:
    """A chart as a template draws it.

    Args:
        title: What it shows.
        lines: Names, and points ``x,y x,y ..``.
        left: Height and text of each mark at the left.
        below: The first and the last value of the axis below.
        label: What the axis below is.
    """

    title: str
    lines: list[tuple[str, str]]
    left: list[tuple[float, str]]
    below: tuple[str, str]
    label: str


def make_chart(
    title: str, lines: Sequence[tuple[str, Sequence[float], Sequence[float]]], label: str
) -> Chart:
    """Return a chart of lines in the same axes, each a name, its places and its values."""
    places = [x for _, xs, _ in lines for x in xs]
    values = [y for _, _, ys in lines for y in ys]
    left, right = min(places), max(places)
    ticks = _ticks(min(0.0, min(values)), max(values))
    low, high = ticks[0], ticks[-1]

    def point(x: float, y: float) -> str:
        across = WIDTH * (x - left) / ((right - left) or 1)
        return f'{across:.1f},{_height(y, low, high):.1f}'

    return Chart(
        title,
        [(name, ' '.join(map(point, xs, ys))) for name, xs, ys in lines],
        [(_height(tick, low, high), f'{tick:g}') for tick in ticks],
        (f'{left:g}', f'{right:g}'),
        label,
    )


def _height(value: float, low: float, high: float) -> float:
    return HEIGHT * (1 - (value - low) / ((high - low) or 1))


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers from below the least to above the greatest value."""
    rough = ((high - low) or abs(high) or 1) / _TICKS
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * k for k in (1, 2, 2.5, 5, 10) if size * k >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 12) for k in range(first, max(last, first + 1) + 1)]
