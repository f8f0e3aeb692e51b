"""A confusion matrix as numbers for JSON and as a table for people."""

from collections.abc import Sequence

import numpy as np

from ..formats.class_list import NO_BACKGROUND
from .confusion import class_scores, mean_scores

_COLUMNS = ('iou', 'precision', 'recall', 'over_activation', 'under_activation')


def summarize(confusion: np.ndarray, classes: Sequence[str]) -> dict:
    """Return everything that a confusion matrix says, ready for JSON.

    Args:
        confusion: Shape ``(n + 1, n + 2)``, see :mod:`.confusion`.
        classes: The n + 1 names, see :func:`.class_list.label_names`. Where there is no background,
            true pixels of the value 0 are void, and predicted ones as wrong as 255.

    Returns:
        The means (``mIoU``, ``precision``, ..) as fractions; ``per_class``: the same by
        name, None for n/a; ``absent_classes``: the names without a pixel in the truth;
        ``ignored_share``: share of pixels predicted as 255; ``num_pixels``; ``confusion_matrix``.
    """
    if len(classes) != len(confusion):
        raise ValueError(
            f'{len(classes)} class names for {len(confusion)} classes, background included'
        )
    first = int(classes[0] == NO_BACKGROUND)
    if first:
        confusion = _without_background(confusion)
    columns = class_scores(confusion)
    pixels = confusion.sum(axis=1)
    per_class = {
        name: dict(
            {key: _number(column[k]) for key, column in columns.items()}, pixels=int(pixels[k])
        )
        for k, name in list(enumerate(classes))[first:]
    }
    total = int(pixels.sum())
    return dict(
        {key: _number(float(value)) for key, value in mean_scores(confusion).items()},
        per_class=per_class,
        absent_classes=[name for name, scores in per_class.items() if not scores['pixels']],
        ignored_share=int(confusion[:, -1].sum()) / total if total else None,
        num_pixels=total,
        confusion_matrix=confusion[first:, first:].tolist(),
    )


def _without_background(confusion: np.ndarray) -> np.ndarray:
    """Return a matrix whose first row, and column, are empty."""
    confusion = confusion.copy()
    confusion[0] = 0
    confusion[:, -1] += confusion[:, 0]
    confusion[:, 0] = 0
    return confusion


def _number(value: float) -> float | None:
    """Return a plain float, or None where there is no score."""
    return None if np.isnan(value) else float(value)


def format_table(summary: dict) -> str:
    """Return a summary, from :func:`summarize`, as a table of per cent.

    It has one line for each class, the mean last, and ``n/a`` where there is no score.
    """
    rows = list(summary['per_class'].items())
    means = dict(summary, iou=summary['mIoU'])
    width = max(len(name) for name, _ in [*rows, ('background', None)])
    header = ''.join(f'{name.replace("_activation", "-act."):>12}' for name in _COLUMNS)
    lines = [f'{"":{width}}{header}']
    for name, scores in [*rows, ('mean', means)]:
        cells = ''.join(f'{percent(scores[key]):>12}' for key in _COLUMNS)
        lines.append(f'{name:{width}}{cells}')
    if summary['absent_classes']:
        lines.append(
            f'absent from the split, left out of the mean: {len(summary["absent_classes"])} '
            f'({", ".join(summary["absent_classes"])})'
        )
    if summary['ignored_share']:
        lines.append(
            f'predicted as 255, counted as wrong: {percent(summary["ignored_share"])} % of pixels'
        )
    return '\n'.join(lines)


def percent(value: float | None) -> str:
    """Return a fraction in per cent, as tables show it; n/a for None."""
    return 'n/a' if value is None else f'{100 * value:.2f}'
