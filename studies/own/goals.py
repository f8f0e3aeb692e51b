"""What the finals of preset quick reach, beside its goals, from the results."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from .rows import SETS

#: What is to reach the goals, today's preset, and what it is compared with; that is cut at 0.15.
ROW, BASELINE = 'probe', 'baseline'
#: Parts of a record, by the names of their splits.
PARTS = dict(train='measured', val='val')
#: Records by name and data set, the random seeds in order.
Finals = dict[tuple[str, str], list[dict]]
# Of one part of a record; '' where there is none.
_Cell = Callable[[str], str]


def goals(records: Sequence[dict], row: str = ROW) -> str:
    """Return a table in Markdown: a line for each goal, a column for each split.

    Args:
        records: Records that are done; finals alone count.
        row: The name of what is to reach them.

    Returns:
        Refined labels, in per cent, points of mIoU or times the baseline: mean over random seeds,
        and standard deviation.
    """
    finals: Finals = {}
    for record in sorted(records, key=lambda record: record['seed']):
        if record['round'] == 'final':
            finals.setdefault((record['name'], record['data']), []).append(record)
    table = [['', 'goal', *PARTS], ['---', '---', *['---:' for _ in PARTS]]]
    lines = [*_scores(finals, row), *_paint(finals, row), *_gaps(finals, row)]
    table += [[what, goal, *map(cell, PARTS.values())] for what, goal, cell in lines]
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in table)


def _scores(finals: Finals, row: str) -> Iterator[tuple[str, str, _Cell]]:
    for data in SETS:
        own, before = finals.get((row, data), ()), finals.get((BASELINE, data), ())
        goal = 'at least 26' if data == 'tiles_defect' else ''
        yield f'{data}: foreground IoU', goal, partial(_each, own, partial(_at, 'auto'))
        yield f'{data}: the same of `{BASELINE}`', '', partial(_each, before, partial(_at, 'fixed'))
        goal = 'at least 1.6' if data in ('tiles', 'clothing') else ''
        yield f'{data}: times the baseline', goal, partial(_times, own, before)


def _paint(finals: Finals, row: str) -> Iterator[tuple[str, str, _Cell]]:
    records = finals.get((row, 'tiles_defect'), ())
    for what, goal, key in (
        ('paint on good tiles, predicted classes', 'under 1', 'false_paint'),
        ('defect tiles with a mask, predicted classes', 'at least 80', 'painted'),
    ):
        yield what, goal, partial(_each, records, partial(_predicted, key))


def _gaps(finals: Finals, row: str) -> Iterator[tuple[str, str, _Cell]]:
    for kind in ('seeds', 'refined'):
        for name, goal, over in (('mean', 2, np.mean), ('worst', 5, np.max)):
            what = f'`auto` below the best threshold, {kind}, {name} of the sets'
            yield what, f'at most {goal}', partial(_gap, finals, row, kind, over)


def _at(rule: str, part: dict) -> float:
    return part['refined'][rule][1]


def _predicted(key: str, part: dict) -> float:
    return part['predicted']['refined'][key]


def _each(records: Sequence[dict], value: Callable[[dict], float], part: str) -> str:
    return _spread([100 * value(record[part]) for record in records])


def _times(own: Sequence[dict], before: Sequence[dict], part: str) -> str:
    """Return the ratio of the means: random seeds say nothing of each other."""
    if not own or not before:
        return ''
    scores = [np.mean([_at('auto', one[part]) for one in own])]
    scores.append(np.mean([_at('fixed', one[part]) for one in before]))
    return f'{scores[0] / scores[1]:.2f}'


def _gap(finals: Finals, row: str, kind: str, over: Callable, part: str) -> str:
    """Return points of mIoU below the best threshold, the mean of each set's random seeds."""
    gaps = []
    for data in SETS:
        found = [record[part][kind]['miou'] for record in finals.get((row, data), ())]
        gaps += [100 * np.mean([one['best'] - one['auto'] for one in found])] if found else []
    return f'{over(gaps):.1f}' if gaps else ''


def _spread(values: Sequence[float]) -> str:
    if not values:
        return ''
    spread = f' ± {np.std(values, ddof=1):.1f}' if len(values) > 1 else ''
    return f'{np.mean(values):.1f}{spread}'
