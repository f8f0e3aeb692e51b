"""Curves of trainings, read from their logs, as points of an SVG."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

#: Of a chart, in units of its own.
WIDTH, HEIGHT = 320, 140
_TICKS = 4
#: Points of a curve; more are averaged, so that a page stays small.
MOST_POINTS = 200
_SKIPPED = ('lr', 'data_time', 'time', 'epoch', 'iter', 'step', 'memory', 'base_lr', 'grad_norm')


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
        """Return where a value stands, as the points of an SVG line are written."""
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


@dataclass
class Curve:
    """Values over the iterations of a training.

    Args:
        name: What the values are.
        steps: Iterations, ascending.
        values: One for each.
    """

    name: str
    steps: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


def read_curves(folder: Path) -> list[Curve]:
    """Return the curves of a training, its runs joined; of a step's values the later counts."""
    by_name: dict[str, dict[int, float]] = {}
    for path in sorted(folder.glob('*/vis_data/scalars.json')):
        for line in path.read_text(encoding='utf-8', errors='replace').splitlines():
            for name, step, value in _read(line):
                by_name.setdefault(name, {})[step] = value
    return [_curve(name, found) for name, found in by_name.items() if len(found) > 1]


def _read(line: str) -> list[tuple[str, int, float]]:
    """Return name, iteration and value of what a line of a log says."""
    try:
        found = json.loads(line)
    except ValueError:  # cut off by a kill
        return []
    step = found.get('step') if isinstance(found, dict) else None
    if not isinstance(step, int):
        return []
    return [
        (name, step, float(value))
        for name, value in found.items()
        if name not in _SKIPPED and isinstance(value, int | float) and abs(value) < float('inf')
    ]


def _curve(name: str, found: dict[int, float]) -> Curve:
    points = sorted(found.items())
    size = -(-len(points) // MOST_POINTS)
    groups = [points[start : start + size] for start in range(0, len(points), size)]
    steps, values = ([fmean(one[k] for one in group) for group in groups] for k in (0, 1))
    return Curve(name, steps, values)
