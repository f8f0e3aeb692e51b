"""A data set at a glance: its classes, and the sizes of its images."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from .figures import new_figure


def draw_dataset(
    counts: Mapping[str, Mapping[str, int]], sizes: Sequence[tuple[int, int]], title: str = ''
) -> Figure:
    """Draw bars of the images of each class, and a dot for each size.

    ``counts`` are images by class, for each split; sizes are width and height of every image.
    """
    classes = list(next(iter(counts.values()), {}))
    figure = new_figure(10, max(3.5, 1.2 + 0.28 * len(classes)))
    bars, dots = figure.subplots(1, 2)
    height = 0.8 / max(len(counts), 1)
    places = np.arange(len(classes))
    for number, (split, by_class) in enumerate(counts.items()):
        drawn = bars.barh(places + number * height, list(by_class.values()), height, label=split)
        bars.bar_label(drawn, fontsize=7, padding=2)
    bars.set_yticks(places + 0.4 - height / 2, classes, fontsize=8)
    bars.invert_yaxis()
    bars.set(xlabel='images', title='classes')
    bars.margins(x=0.12)
    figure.legend(fontsize=8, loc='outside lower left', ncols=2)
    if sizes:
        width, side = np.array(sizes).T
        dots.scatter(width, side, s=12, alpha=0.4)
    dots.set(
        xlabel='width, pixels',
        ylabel='height, pixels',
        title=f'sizes of {len(sizes)} images',
        xlim=(0, None),
        ylim=(0, None),
    )
    dots.grid(alpha=0.3)
    figure.suptitle(title, fontsize=10)
    return figure
