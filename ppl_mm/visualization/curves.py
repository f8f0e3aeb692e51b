"""Scores over the threshold."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from .figures import new_figure


@dataclass(frozen=True)
class Curve:
    """The mIoU of a method on a split.

    Args:
        thresholds: Ascending.
        mious: Fractions, one for each.
        used: The threshold in use, to be marked.
        method: Curves of one method share a colour.
        dashed: Whether to draw it as a secondary one.
    """

    thresholds: list[float]
    mious: list[float]
    used: float
    method: str
    dashed: bool = False


def draw_curves(curves: Mapping[str, Curve], title: str = '') -> Figure:
    """Draw mIoU over the threshold for curves by name; a dot marks the threshold in use."""
    figure = new_figure(6.4, 4)
    axes = figure.add_subplot()
    methods = list(dict.fromkeys(curve.method for curve in curves.values()))
    for name, curve in curves.items():
        color = f'C{methods.index(curve.method)}'
        values = 100 * np.array(curve.mious, float)
        at = 100 * np.interp(curve.used, curve.thresholds, curve.mious)
        axes.plot(
            curve.thresholds,
            values,
            color=color,
            linestyle='--' if curve.dashed else '-',
            label=f'{name}: {at:.1f} % at {curve.used:g}',
        )
        axes.plot(curve.used, at, 'o', color=color)
    axes.set(
        xlabel='threshold (score of the background)',
        ylabel='mIoU, per cent',
        title=title,
        xlim=(0, 1),
        ylim=(0, None),
    )
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    return figure
