"""The tables of the study, in Markdown."""

import numpy as np

from studies.report.columns import markdown

_PARTS = ('seeds', 'refined')


def table(found: dict) -> str:
    """Return the tables: rules on data sets, and few masks.

    Args:
        found: What :func:`.compare.compare` and :func:`.compare.few_masks` found.
    """
    return '\n\n'.join([*(_rules(found, part) for part in _PARTS), _few(found['few_masks'])])


def _rules(found: dict, part: str) -> str:
    families = sorted({name.split('.')[0] for name in found['sets']})
    best = (_mean(found, found['best'], family, part) for family in families)
    rows: list[list] = [['best (mIoU)', *best, '', '']]
    for name, rule in found['criteria'].items():
        gaps = rule['left_out']
        means = [_mean(found, gaps, family, part) for family in families]
        values = [gap[part] for gap in gaps if part in gap]
        rows.append([name, *means, _average(means), max(values, default=float('nan'))])
    return _markdown([part, *families, 'mean', 'worst set of maps'], rows)


def _mean(found: dict, gaps: list[dict], family: str, part: str) -> float:
    pairs = zip(found['sets'], gaps, strict=True)
    return _average([g[part] for name, g in pairs if name.split('.')[0] == family and part in g])


def _average(values: list[float]) -> float:
    """Return the mean of what is known; NaN where nothing is."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float('nan')


def _few(rows: list[dict]) -> str:
    worst, lines = ('worst set', 'worst draw'), []
    for number in sorted({row['masks'] for row in rows}):
        some = [row for row in rows if row['masks'] == number]
        cells: list = [number]
        for name in ('alone', 'with_prior'):
            values = [row[name] for row in some if name in row]
            draws = [row[f'{name}_worst'] for row in some if name in row]
            cells += [float(np.mean(values)), max(values), max(draws)] if values else ['', '', '']
        lines.append(cells)
    return _markdown(['masks', 'alone: mean', *worst, 'with maps: mean', *worst], lines)


def _markdown(header: list[str], rows: list[list]) -> str:
    return markdown(header, [map(_cell, cells) for cells in rows]).strip()


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return '' if np.isnan(value) else f'{value:.1f}'
