"""A row of a table: one setting in one round, over its random seeds."""

import statistics
from collections.abc import Iterable, Mapping

import numpy as np

from ppl_mm.evaluation import class_scores, mean_scores
from studies.engine.row import PLAIN, Row


class Group:
    """Done runs that differ in the random seed alone.

    Args:
        records: Their records.
        row: The row as the study has it now, whose texts count; None for a row that is gone.
    """

    def __init__(self, records: Iterable[dict], row: Row | None = None) -> None:
        self.by_seed = {
            record['seed']: record for record in sorted(records, key=lambda one: one['seed'])
        }
        self.first = next(iter(self.by_seed.values()))
        self.name: str = self.first['name']
        self.data: str = self.first['data']
        self.kind: str = self.first['kind']
        self.round: str = self.first['round']
        self.epochs: int = self.first['epochs']
        self.measured_part: str = self.first['measured_part']
        self.equal_cost_to: str | None = self.first['equal_cost_to']
        self.method: str = row.method if row else self.first['method']
        self.hypothesis: str = row.hypothesis if row else ''

    @property
    def is_plain(self) -> bool:
        """Whether it is a baseline of the ordinary budget."""
        return self.method == PLAIN and not self.equal_cost_to

    @property
    def classes(self) -> list[str]:
        """The names of the classes, the background first."""
        return self.first['classes']

    def each(self, key: str, split: str = 'measured') -> dict[int, float]:
        """Return a score by random seed, from the confusion matrix.

        Args:
            key: A key of ``mean_scores``, e.g. 'mIoU'.
            split: A part of the record, e.g. 'measured' or 'val'.

        Returns:
            Fractions; without the random seeds that lack it.
        """
        return {
            seed: scores_of(record[split])[key]
            for seed, record in self.by_seed.items()
            if record.get(split)
        }

    def mean(self, key: str, split: str = 'measured') -> float | None:
        """Return the mean of a score over the random seeds."""
        return mean(self.each(key, split).values())

    def class_ious(self, split: str = 'measured') -> list[float]:
        """Return the IoU of each class, the mean over the random seeds."""
        matrices = [
            np.array(record[split]['confusion_matrix'])
            for record in self.by_seed.values()
            if record.get(split)
        ]
        return np.mean([class_scores(matrix)['iou'] for matrix in matrices], axis=0).tolist()

    def seconds(self, key: str = 'seconds') -> float:
        """Return the time of the training, the mean over the random seeds."""
        return mean(record['steps']['train'][key] for record in self.by_seed.values())

    def flops(self) -> float | None:
        """Return the FLOPs of the training, None where they were not counted."""
        cost = self.first.get('cost')
        return cost and cost['flops']


def scores_of(part: Mapping) -> dict[str, float]:
    """Return the mean scores of a confusion matrix in a record."""
    scores = mean_scores(np.array(part['confusion_matrix']))
    return {key: float(value) for key, value in scores.items()}


def mean(values: Iterable[float]) -> float | None:
    """Return the mean, None of nothing."""
    values = list(values)
    return statistics.fmean(values) if values else None


def spread(values: Iterable[float]) -> float | None:
    """Return the sample standard deviation, None of fewer than two values."""
    values = list(values)
    return statistics.stdev(values) if len(values) > 1 else None


def paired(
    group: Group | None, other: Group | None, split: str = 'measured'
) -> dict[int, float] | None:
    """Return the differences of mIoU, group minus other, by the random seeds that both have."""
    if group is None or other is None:
        return None
    ours, theirs = group.each('mIoU', split), other.each('mIoU', split)
    return {seed: ours[seed] - theirs[seed] for seed in ours if seed in theirs} or None
