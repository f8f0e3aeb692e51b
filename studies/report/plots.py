"""The plots of a study."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ppl_mm.visualization.figures import new_figure, save_figure
from studies.engine.row import PLAIN, ROUNDS

from .groups import Group, paired
from .numbers import Study

# More curves than this cannot be told apart.
_MOST_CURVES = 6


def draw_all(study: Study, folder: Path) -> dict[str, list[Path]]:
    """Draw what the results allow.

    Args:
        study: The results.
        folder: Folder for ``<data>_<plot>.png``.

    Returns:
        The pictures of each data set.
    """
    pictures = {}
    for data in study.data_sets():
        for name, figure in _figures(study, data):
            path = folder / f'{data}_{name}.png'
            save_figure(figure, path)
            pictures.setdefault(data, []).append(path)
    return pictures


def _figures(study: Study, data: str) -> Iterator[tuple[str, Figure]]:
    last = []
    for round_name in ROUNDS:
        groups = study.select(data=data, round=round_name)
        if groups:
            last = groups
            yield f'miou_{round_name}', draw_scores(groups, f'{data}, {round_name}')
    if not last:
        return
    if last[0].round == 'final':  # the others keep no curves
        yield 'curves', draw_curves(_few(last), data)
    yield 'cost', draw_costs(last, data)
    best = study.winner(data)
    if best and (plain := study.baseline(best)):
        yield 'classes', draw_classes(best, plain)


def _few(groups: Sequence[Group]) -> list[Group]:
    """Return the best rows, and the best plain CAM whatever its place."""
    plain = [group for group in groups if group.is_plain][:1]
    others = [group for group in groups if group not in plain]
    return [*plain, *others[: _MOST_CURVES - len(plain)]]


def _colour(group: Group) -> str:
    return 'C7' if group.method == PLAIN else 'C0'


def draw_scores(groups: Sequence[Group], title: str) -> Figure:
    """Draw the mIoU of each row: a line at the mean, a dot for each random seed."""
    figure = new_figure(8, 0.8 + 0.28 * len(groups))
    axes = figure.add_subplot()
    for place, group in enumerate(reversed(groups)):
        values = 100 * np.array(list(group.each('mIoU').values()))
        axes.plot(values, [place] * len(values), '.', color=_colour(group))
        axes.plot(values.mean(), place, '|', color=_colour(group), markersize=14, markeredgewidth=2)
    labels = [f'{group.name} ({group.method})' for group in reversed(groups)]
    axes.set_yticks(range(len(groups)), labels, fontsize=8)
    axes.set(xlabel='mIoU of the CAM seed, per cent', title=title)
    axes.grid(alpha=0.3)
    return figure


def draw_curves(groups: Sequence[Group], title: str) -> Figure:
    """Draw mIoU over the threshold, and precision over recall."""
    figure = new_figure(9, 4)
    left, right = figure.subplots(1, 2)
    for index, group in enumerate(groups):
        curves = [record['curve'] for record in group.by_seed.values()]
        mious, precision, recall = (
            100 * np.mean([np.array(curve[key], float) for curve in curves], axis=0)
            for key in ('mIoU', 'precision', 'recall')
        )
        style = dict(color=f'C{index}', label=group.name)
        left.plot(curves[0]['threshold'], mious, **style)
        right.plot(recall, precision, **style)
    left.set(xlabel='threshold (score of the background)', ylabel='mIoU, per cent', title=title)
    right.set(xlabel='recall, per cent', ylabel='precision, per cent')
    right.legend(fontsize=8)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return figure


def draw_costs(groups: Sequence[Group], title: str) -> Figure:
    """Draw the mIoU over the FLOPs of the training."""
    figure = new_figure(6, 4)
    axes = figure.add_subplot()
    for group in groups:
        if group.flops() is None:
            continue
        place = group.flops() / 1e12, 100 * group.mean('mIoU')
        axes.plot(*place, 'o', color=_colour(group))
        axes.annotate(group.name, place, fontsize=7, xytext=(3, 3), textcoords='offset points')
    axes.set(xlabel='training, TFLOPs', ylabel='mIoU, per cent', title=title)
    axes.grid(alpha=0.3)
    return figure


def draw_classes(best: Group, plain: Group) -> Figure:
    """Draw the IoU of each class, the best row beside the plain CAM."""
    figure = new_figure(7, 3.5)
    axes = figure.add_subplot()
    places = np.arange(len(best.classes))
    for shift, group in ((-0.2, plain), (0.2, best)):
        axes.bar(
            places + shift,
            100 * np.array(group.class_ious()),
            0.4,
            color=_colour(group),
            label=group.name,
        )
    gain = 100 * np.mean(list((paired(best, plain) or {0: 0}).values()))
    axes.set_xticks(places, best.classes, fontsize=8)
    axes.set(ylabel='IoU, per cent', title=f'{gain:+.1f} points of mIoU')
    axes.legend(fontsize=8)
    axes.grid(axis='y', alpha=0.3)
    return figure
