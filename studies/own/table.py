"""The tables of studies/own, from the results."""

from collections.abc import Sequence

import numpy as np

from studies.report.columns import markdown

from .rows import SETS


def table(records: Sequence[dict], part: str = 'measured', kind: str = 'refined') -> str:
    """Return a table in Markdown: a line for each row, a column for each data set.

    Args:
        records: Records that are done.
        part: 'measured', train, or 'val'.
        kind: 'seeds' or 'refined'.

    Returns:
        Foreground IoU in per cent, the mean over random seeds, at the threshold of ``auto``, and in
        brackets at the best one. Rows before there was ``auto`` are cut at 0.15.
    """
    found: dict[tuple[str, str], list[dict]] = {}
    for record in records:
        if part in record:
            found.setdefault((record['name'], record['data']), []).append(record[part][kind])
    names = dict.fromkeys(name for name, _ in found)
    rows = [[f'`{name}`', *(_cell(name, found.get((name, one))) for one in SETS)] for name in names]
    return markdown(['row', *SETS], rows).strip()


def _cell(name: str, scores: Sequence[dict] | None) -> str:
    if not scores:
        return ''
    rule = 'fixed' if name == 'baseline' else 'auto'
    at, best = (100 * np.mean([one[key][1] for one in scores]) for key in (rule, 'best'))
    return f'{at:.1f} ({best:.1f})'
