"""What each criterion would have kept, and what that costs."""

from collections.abc import Iterator

import numpy as np

from .criteria import HYPOTHESES, decide

_STAGES = ('before', 'after')
_RULE = '|---|---|---|---|---|'


def table(records: list[dict], what: str) -> str:
    """Return a line for each pair, and one for each criterion.

    Args:
        records: The pairs.
        what: 'raw' or 'refined': the labels whose mIoU counts.
    """
    lines = [
        f'| {what} labels: pair | before | after | changed | both keeps |',
        '|---|---|---|---|---|',
    ]
    for one in records:
        scores = ' | '.join(f'{100 * one[stage][what]["miou"]:.1f}' for stage in _STAGES)
        kept = 'after' if decide(one)['both'] else 'before'
        lines.append(f'| {one["id"]} | {scores} | {100 * one["change"]:.0f} % | {kept} |')
    lines += [
        '',
        '| criterion | right | gain | worst | losses of more than 1 |',
        '|---|---|---|---|---|',
    ]
    both_ways = [way for one in records for way in _ways(one)]
    gains = np.array([gain(one, what) for one in both_ways])
    for name in HYPOTHESES:
        takes = np.array([decide(one)[name] for one in both_ways])
        got = np.where(takes, gains, 0)
        lines.append(
            f'| {name} | {(takes == (gains >= 0)).sum()} of {len(gains)} | {got.mean():+.2f} | '
            f'{got.min():+.1f} | {(got < -1).sum()} |'
        )
    best = np.maximum(gains, 0).mean()
    return '\n'.join(
        [*lines, f'| always right | {len(gains)} of {len(gains)} | {best:+.2f} | 0 | 0 |']
    )


def _ways(record: dict) -> Iterator[dict]:
    """Yield a pair, and the same the other way round if neither made the other."""
    yield record
    if ' exports ' in record['command']:
        yield record | dict(before=record['after'], after=record['before'])


def gain(record: dict, what: str) -> float:
    """Return by how many points of mIoU the later stage is better."""
    return 100 * (record['after'][what]['miou'] - record['before'][what]['miou'])
