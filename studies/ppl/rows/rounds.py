"""Which rows meet again in later rounds, on longer budgets and other images."""

from dataclasses import replace

from studies.engine.row import Row

from .plain import plain
from .self_training import all_cuts, self_trained, twice
from .setting import at
from .stages import progressive

_SEEDS = (0, 1, 2)
_AT_THE_HEAD = 'a plain CAM stops at the head, whatever it costs'


def halves() -> list[Row]:
    """Return the best rows of voc6's screen, on images that chose nothing."""
    plains, ppl = plain('voc6'), progressive('voc6')
    ours = self_trained('voc6')
    best = [
        plains['plain'],
        plains['plain_3'],
        ppl['ppl_k2'],
        ppl['ppl_k2_together'],
        ours['self_trained_whole'],
        ours['self_trained_10_k2_mixed'],
    ]
    return [at(row, 'half', hypothesis='the order of the screen holds') for row in best]


def finals() -> list[Row]:
    """Return what the last round of voc6 compares, at three epochs in all."""
    baseline, ppl = plain('voc6')['plain'], progressive('voc6')
    ours = self_trained('voc6')
    mixed = ours['self_trained_10_k2_mixed']
    # One epoch of a plain CAM, two of its own.
    two_epochs = [
        mixed,
        ours['self_trained_whole'],
        ours['self_trained_6_k2_mixed'],
        ours['self_trained_13_k2_mixed'],
        all_cuts(mixed),
    ]
    return [
        _final(baseline),
        *(_final(row, epochs=2) for row in two_epochs),
        twice(mixed, _SEEDS),
        _final(ppl['ppl_k2']),
        _final(ppl['ppl_k2_together']),
        _final(
            baseline,
            name='plain_equal_cost',
            epochs=6,
            hypothesis=_AT_THE_HEAD,
            equal_cost_to=mixed.name,
        ),
        at(
            baseline,
            'final',
            name='plain_equal_cost_twice',
            epochs=8,
            hypothesis=_AT_THE_HEAD,
            equal_cost_to='self_trained_twice',
        ),
    ]


def again() -> list[Row]:
    """Return rows that are trained once more with the same random seed."""
    baseline = plain('voc6')['plain']
    mixed = self_trained('voc6')['self_trained_10_k2_mixed']
    return [
        replace(
            row,
            name=f'{row.name}_again',
            method='once more',
            repeat=1,
            hypothesis='in one thread nothing differs but the clock',
        )
        for row in (baseline, mixed)
    ]


def demo() -> list[Row]:
    """Return the finals of the drawn images, at nine epochs."""
    plains, ppl = plain('demo'), progressive('demo')
    baseline, paper, together = plains['plain'], ppl['ppl_k2'], ppl['ppl_k2_together']
    mixed = self_trained('demo')['self_trained_4_k2_mixed']
    # As long as it takes for maps that a CRF can improve.
    long = dict(
        mixed.extra,
        refine='configs/demo/confident_long_demo.py',
        previous=dict(mixed.extra['previous'], epochs=9),
    )
    return [
        _final(
            mixed,
            name='self_trained_long_4_k2_mixed',
            extra=long,
            hypothesis='better labels teach more, also from worse maps',
        ),
        _final(baseline),
        _final(baseline, name='plain_3', epochs=3, hypothesis='from scratch it is best early'),
        # Three stages of three epochs.
        _final(paper, epochs=9),
        _final(
            together,
            name='ppl_k2_together_3',
            epochs=3,
            hypothesis='as many FLOPs as stages in turn, and no stage is forgotten',
        ),
        _final(together, epochs=9),
        _final(
            baseline,
            name='plain_equal_cost',
            epochs=17,
            hypothesis=_AT_THE_HEAD,
            equal_cost_to=paper.name,
        ),
    ]


def _final(row: Row, **changes) -> Row:
    """Return a row in the last round, with three random seeds."""
    return at(row, 'final', *_SEEDS, **changes)
