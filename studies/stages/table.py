"""What each criterion would have kept, and what that costs."""

from collections.abc import Iterator

import numpy as np

from studies.report.columns import markdown

from .criteria import HYPOTHESES, decide

_STAGES = ('before', 'after')


def table(records: list[dict], what: str) -> str:
    """Return a line for each pair, and one for each criterion.

    Args:
        records: The pairs.
        what: 'raw' or 'refined': the labels whose mIoU counts.
    """
    pairs = []
    for one in records:
        scores = (f'{100 * one[stage][what]["miou"]:.1f}' for stage in _STAGES)
        kept = 'after' if decide(one)['both'] else 'before'
        pairs.append([one['id'], *scores, f'{100 * one["change"]:.0f} %', kept])
    both_ways = [way for one in records for way in _ways(one)]
    gains = np.array([gain(one, what) for one in both_ways])
    count, criteria = len(gains), []
    for name in HYPOTHESES:
        takes = np.array([decide(one)[name] for one in both_ways])
        got, right = np.where(takes, gains, 0), (takes == (gains >= 0)).sum()
        losses = (got < -1).sum()
        criteria.append(
            [name, f'{right} of {count}', f'{got.mean():+.2f}', f'{got.min():+.1f}', losses]
        )
    best = np.maximum(gains, 0).mean()
    criteria.append(['always right', f'{count} of {count}', f'{best:+.2f}', 0, 0])
    header = [f'{what} labels: pair', *_STAGES, 'changed', 'both keeps']
    rules = ['criterion', 'right', 'gain', 'worst', 'losses of more than 1']
    return '\n'.join([markdown(header, pairs), markdown(rules, criteria).rstrip()])


def _ways(record: dict) -> Iterator[dict]:
    """Yield a pair, and the same the other way round if neither made the other."""
    yield record
    if ' exports ' in record['command']:
        yield record | dict(before=record['after'], after=record['before'])


def gain(record: dict, what: str) -> float:
    """Return by how many points of mIoU the later stage is better."""
    return 100 * (record['after'][what]['miou'] - record['before'][what]['miou'])
