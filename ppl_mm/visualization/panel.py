"""A sheet of pictures: rows of pictures, with the names of rows and columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from .figures import new_figure
from .overlay import colorize

_SIDE = 1.7  # of a cell, inches
_TITLES, _LEGEND = 0.45, 0.45  # inches


@dataclass(frozen=True, eq=False)
class Cell:
    """A picture of the sheet.

    Args:
        image: RGB uint8, shape ``(H, W, 3)``.
        caption: Below it. Defaults to ''.
        outline: Draw the border of this region, bool, shape ``(H, W)``. Defaults to None.
    """

    image: np.ndarray
    caption: str = ''
    outline: np.ndarray | None = None


def draw_panel(
    titles: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    names: Sequence[str],
    classes: Sequence[str] = (),
    title: str = '',
) -> Figure:
    """Draw a sheet of pictures with a legend of the classes.

    Args:
        titles: Titles of the columns; none to draw no titles.
        rows: A cell for each column; a row may end early.
        names: Names of the rows, at their left.
        classes: Background first; their colours are VOC's. Defaults to (): no legend.
        title: Title of the panel. Defaults to ''.
    """
    columns = max(len(titles), *map(len, rows))
    heights = [max(_height(cell.image) for cell in cells) for cells in rows]
    rest = _TITLES * bool(titles or title) + _LEGEND * bool(classes)
    figure = new_figure(_SIDE * columns + 0.4, rest + sum(heights))
    axes = figure.subplots(len(rows), columns, squeeze=False, height_ratios=heights)
    for row, name, cells in zip(axes, names, rows, strict=True):
        row[0].set_ylabel(name, fontsize=8)
        for axis, cell in zip(row, cells, strict=False):
            _draw_cell(axis, cell)
        for axis in row[len(cells) :]:
            axis.set_axis_off()
    for axis, text in zip(axes[0], titles, strict=False):
        axis.set_title(text, fontsize=9)
    if title:
        figure.suptitle(title, fontsize=10)
    if classes:
        _draw_legend(figure, classes)
    return figure


def _draw_legend(figure: Figure, classes: Sequence[str]) -> None:
    labels = [(name, k) for k, name in enumerate(classes) if k]
    figure.legend(
        handles=[
            Patch(color=tuple(colorize(np.array(k, np.uint8)) / 255), label=name)
            for name, k in [*labels, ('void', 255)]
        ],
        loc='outside lower center',
        ncols=min(len(classes), 8),
        fontsize=8,
        frameon=False,
    )


def _height(image: np.ndarray) -> float:
    """Inches of a row: its image at the width of a cell, and the caption."""
    height, width, _ = image.shape
    return _SIDE * min(height / width, 1.5) + 0.2


def _draw_cell(axis, cell: Cell) -> None:
    axis.imshow(cell.image)
    outline = cell.outline
    if outline is not None and outline.any() and not outline.all():
        axis.contour(outline, levels=[0.5], colors='white', linewidths=0.9)
    axis.set(xticks=[], yticks=[])
    axis.set_xlabel(cell.caption, fontsize=8, labelpad=2)
    for spine in axis.spines.values():
        spine.set_visible(False)
