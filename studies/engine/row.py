"""A row of a study: one setting of a method at one budget."""

from dataclasses import dataclass, field

from ppl_mm.errors import UserError

#: The method of baselines.
PLAIN = 'plain CAM'
#: The method of rows that are the paper's.
PAPER = 'PPL'
#: Each round trains longer than the one before.
ROUNDS = ('screen', 'half', 'final')
#: The images that measure a round; those of the second chose nothing in the first.
MEASURED = dict(screen='even', half='odd', final='all')
#: Lines of the list of images with ground truth.
PARTS = dict(all=slice(None), even=slice(0, None, 2), odd=slice(1, None, 2))


@dataclass(frozen=True)
class Row:
    """One setting at one budget, for some random seeds.

    Args:
        name: Unique within a data set and a round.
        data: The name of a data set.
        config: The config that it starts from.
        method: What the tables call it, e.g. 'plain CAM'.
        hypothesis: What was expected, written before the run.
        options: Settings that replace the config's, by dotted keys; they may hold lists of dicts.
            Epochs of a ProgressiveStageHook are shares of the budget.
        test_options: The same for the export alone: rows that differ in
            nothing else share one training.
        round: 'screen', 'half' or 'final'.
        seeds: Random seeds.
        epochs: Another budget than the round's.
        measured: Which of the images with ground truth measure: 'all', or the
            'even' or 'odd' lines of their list. Defaults to the round's.
        equal_cost_to: For a plain CAM that was given as many FLOPs: the name
            of the row whose cost it has.
        repeat: Another number trains the same once more, to see what is not deterministic.
        kind: How it is run, a key of ``studies.engine.kinds.KINDS``.
        extra: What kinds other than 'cam' need; their modules say what.

    Raises:
        UserError: If ``round`` or ``measured`` is unknown.
    """

    name: str
    data: str
    config: str
    method: str
    hypothesis: str = ''
    options: dict = field(default_factory=dict)
    test_options: dict = field(default_factory=dict)
    round: str = 'screen'
    seeds: tuple[int, ...] = (0,)
    epochs: int | None = None
    measured: str | None = None
    equal_cost_to: str | None = None
    repeat: int = 0
    kind: str = 'cam'
    extra: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.round not in ROUNDS:
            raise UserError(
                f'row {self.name}: round={self.round!r} must be one of {", ".join(ROUNDS)}'
            )
        if self.measured not in (None, *PARTS):
            raise UserError(
                f'row {self.name}: measured={self.measured!r} must be one of {", ".join(PARTS)}'
            )
