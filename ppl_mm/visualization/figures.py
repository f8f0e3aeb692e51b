"""Figures without a display."""

import os

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from ..utils.files import atomic_write
from ..utils.text import printable

_DPI = 110
_DECIMALS = 5  # of the place of axes, whose unit is the figure: far below a pixel


def new_figure(width: float, height: float) -> Figure:
    """A figure, in inches, that needs no display and no clean-up, and has no empty margins."""
    figure = Figure(figsize=(width, height), dpi=_DPI, layout='constrained')
    FigureCanvasAgg(figure)
    return figure


def save_figure(figure: Figure, path: str | os.PathLike) -> None:
    """Write a figure as PNG, or as JPEG if the path ends in .jpg, whole or not at all.

    Texts are drawn as they stand: in the names of files and classes a dollar begins no formula.
    """
    for text in figure.findobj(Text):
        text.set_parse_math(False)
        text.set_text('\n'.join(map(printable, text.get_text().split('\n'))))
    # Ticks come into being while they are drawn.
    with rc_context({'text.parse_math': False}), atomic_write(path) as file:
        _settle(figure)
        if str(path).endswith('.jpg'):
            figure.savefig(file, format='jpg', dpi=_DPI)
            return
        # Without the version of matplotlib, the same picture is the same file.
        figure.savefig(file, format='png', dpi=_DPI, metadata=dict(Software=None))


def _settle(figure: Figure) -> None:
    """Lay a figure out, and round the places of its axes.

    The last digits of matplotlib's solver depend on the addresses of its variables, and letters
    between two pixels on those: the same picture would not be the same file.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine('none')
    for axes in figure.axes:
        place = axes.get_position(original=True).bounds
        axes.set_position(np.round(place, _DECIMALS).tolist(), which='original')
