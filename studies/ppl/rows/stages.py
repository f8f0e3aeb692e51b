"""Chapter 3: several cuts, in turn or together."""

from studies.engine.row import PAPER, Row

from .setting import CUTS, PLAIN_CONFIG, neck, stages, together

_VARIANT = 'PPL, variant'


def progressive(data: str) -> dict[str, Row]:
    """Return orders, lengths, schedules and grids of stages, by name."""
    cuts = CUTS[data]
    low_high = [(position, 2, 1) for position in cuts]
    middle_first = [low_high[1], low_high[2], low_high[0]]
    growing = zip(cuts, (4, 3, 2), (1, 1, 1), strict=True)
    explicit = dict(
        type='ppl_mm.MultiGranularityFusion', positions=list(cuts), grids=[2] * len(cuts)
    )
    paper = (
        "the paper's method: low to high, a fresh schedule for each stage",
        stages(*low_high),
        PAPER,
    )
    order, length = 'order matters little', 'lengths matter little'
    rows = dict(
        ppl_k2=paper,
        ppl_k2_high_low=(order, stages(*low_high[::-1])),
        ppl_k2_random=(order, stages(*middle_first)),
        ppl_k2_one_schedule=(
            'one schedule over all stages forgets less',
            stages(*low_high, fresh_schedule=False),
        ),
        ppl_k2_long_early=(length, stages((cuts[0], 2, 2), *low_high[1:])),
        ppl_k2_long_late=(length, stages(*low_high[:2], (cuts[2], 2, 2))),
        ppl_k432=('grids from fine to coarse fit the smaller tails', stages(*growing)),
        ppl_k2_together=(
            'stages in each iteration do not forget',
            neck(cuts[0], 2) | together(data),
        ),
        explicit_k2=(
            'each granularity has its own part of the classifier',
            {'model.neck': explicit},
            'explicit fusion',
        ),
    )
    return {name: _row(name, data, *row) for name, row in rows.items()}


def _row(name: str, data: str, hypothesis: str, options: dict, method: str = _VARIANT) -> Row:
    # An epoch for each share of a stage; plain_3 is compared with three.
    hooks = options.get('custom_hooks')
    epochs = sum(stage['epochs'] for stage in hooks[0]['stages']) if hooks else 3
    return Row(name, data, PLAIN_CONFIG[data], method, hypothesis, options, epochs=epochs)
