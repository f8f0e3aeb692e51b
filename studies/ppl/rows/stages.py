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

    def row(
        name: str, hypothesis: str, options: dict, method: str = _VARIANT, epochs: int = 3
    ) -> Row:
        # Three stages need three epochs; plain_3 is compared with them.
        return Row(name, data, PLAIN_CONFIG[data], method, hypothesis, options, epochs=epochs)

    explicit = dict(
        type='ppl_mm.MultiGranularityFusion', positions=list(cuts), grids=[2] * len(cuts)
    )
    rows = [
        row(
            'ppl_k2',
            "the paper's method: low to high, a fresh schedule for each stage",
            stages(*low_high),
            PAPER,
        ),
        row('ppl_k2_high_low', 'order matters little', stages(*low_high[::-1])),
        row('ppl_k2_random', 'order matters little', stages(*middle_first)),
        row(
            'ppl_k2_one_schedule',
            'one schedule over all stages forgets less',
            stages(*low_high, fresh_schedule=False),
        ),
        row(
            'ppl_k2_long_early',
            'lengths matter little',
            stages((cuts[0], 2, 2), *low_high[1:]),
            epochs=4,
        ),
        row(
            'ppl_k2_long_late',
            'lengths matter little',
            stages(*low_high[:2], (cuts[2], 2, 2)),
            epochs=4,
        ),
        row('ppl_k432', 'grids from fine to coarse fit the smaller tails', stages(*growing)),
        row(
            'ppl_k2_together',
            'stages in each iteration do not forget',
            neck(cuts[0], 2) | together(data),
        ),
        row(
            'explicit_k2',
            'each granularity has its own part of the classifier',
            {'model.neck': explicit},
            'explicit fusion',
        ),
    ]
    return {row.name: row for row in rows}
