"""The losses and scores that trainings wrote while they ran."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: Points of a curve; more are averaged, so that a page stays small.
MOST_POINTS = 200
_SKIPPED = ('lr', 'data_time', 'time', 'epoch', 'iter', 'step', 'memory', 'base_lr')


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
    steps, values = ([_mean([one[k] for one in group]) for group in groups] for k in (0, 1))
    return Curve(name, steps, values)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
