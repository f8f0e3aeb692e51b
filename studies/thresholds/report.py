"""What the tables of the study share."""

from collections.abc import Iterable, Sequence

import numpy as np

from studies.report.columns import markdown

#: CAM seeds, and labels that PAMR refined.
PARTS = ('seeds', 'refined')


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown; numbers have one decimal, and what is not known is empty."""
    return markdown(header, [map(_cell, cells) for cells in rows]).strip()


def average(values: Sequence[float]) -> float:
    """Return the mean of what is known; NaN where nothing is."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float('nan')


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return '' if np.isnan(value) else f'{value:.1f}'
