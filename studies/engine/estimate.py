"""How long a run takes, guessed from the records of others."""

import statistics
from collections.abc import Iterable

from .run import Run

# Seconds of an epoch and of an export where nothing was measured yet.
_FIRST_GUESS = dict(train=120.0, rest=90.0)


class Estimate:
    """Guesses the time of runs.

    Args:
        records: Results; failed ones are ignored.
    """

    def __init__(self, records: Iterable[dict]) -> None:
        self.records = [
            record for record in records if record['status'] == 'done' and 'steps' in record
        ]

    def seconds(self, run: Run) -> float:
        """Return a guess: the median of the same row, else of the same kind and data."""
        alike = [
            record
            for record in self.records
            if record['data'] == run.row.data and record['kind'] == run.row.kind
        ]
        same = [record for record in alike if record['name'] == run.row.name] or alike
        if not same:
            return _FIRST_GUESS['train'] * run.epochs + _FIRST_GUESS['rest']
        epoch, rest = map(statistics.median, zip(*map(_spent, same), strict=True))
        return epoch * run.epochs + rest


def _spent(record: dict) -> tuple[float, float]:
    """Return the seconds of an epoch, and of everything else."""
    steps = {name: step['seconds'] for name, step in record['steps'].items()}
    if 'pipeline' in steps:  # the others are its parts
        return 0.0, steps['pipeline']
    train = steps.pop('train')
    return train / record['epochs'], sum(steps.values())
