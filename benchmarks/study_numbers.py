"""What the results of the study say, computed from their records alone."""
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from ppl_mm.evaluation import (
    iou_from_confusion,
    mean_scores,
)

PLAIN = 'plain CAM'
#: The method of rows that keep to the paper's form.
PAPER = 'PPL, paper'
#: Kinds of rows that end in maps; the others go on to labels and masks.
MAPS = ('cam', 'taught')


class Group:
    """A row of a table: one setting in one round, over its random seeds.

    Args:
        records (Iterable[dict]): Done runs that differ in the seed alone.
    """

    def __init__(self, records: Iterable[dict]) -> None:
        self.by_seed = {record['seed']: record for record in sorted(
            records, key=lambda record: record['seed'])}
        self.first = next(iter(self.by_seed.values()))

    def __getattr__(self, key: str):
        try:
            return self.first[key]
        except KeyError as error:
            raise AttributeError(key) from error

    @property
    def is_plain(self) -> bool:
        """Whether it is a baseline of the ordinary budget."""
        return self.method == PLAIN and not self.equal_cost_to

    def each(self, key: str, split: str = 'measured') -> dict[int, float]:
        """A score by seed, from the confusion matrix.

        Args:
            key (str): As of ``mean_scores``, e.g. 'mIoU'.
            split (str): 'measured' or 'val'.

        Returns:
            dict[int, float]: Fractions; without the seeds that lack it.
        """
        return {seed: scores_of(record[split])[key]
                for seed, record in self.by_seed.items() if record.get(split)}

    def mean(self, key: str, split: str = 'measured') -> float | None:
        """The mean of a score over the seeds."""
        return mean(self.each(key, split).values())

    def class_ious(self, split: str = 'measured') -> list[float]:
        """IoU of each class, the mean over the seeds."""
        all_of = [iou_from_confusion(np.array(record[split][
            'confusion_matrix'])) for record in self.by_seed.values()
            if record.get(split)]
        return np.mean(all_of, axis=0).tolist()

    def seconds(self, key: str = 'seconds') -> float:
        """Time of the training, the mean over the seeds."""
        return mean(record['steps']['train'][key]
                    for record in self.by_seed.values())

    def flops(self) -> float | None:
        """FLOPs of the training, None where they were not counted."""
        cost = self.first.get('cost')
        return cost and cost['flops']


def scores_of(part: Mapping) -> dict[str, float]:
    """The mean scores of a confusion matrix in a record."""
    return {key: float(value) for key, value in mean_scores(
        np.array(part['confusion_matrix'])).items()}


def mean(values: Iterable[float]) -> float | None:
    """The mean, None of nothing."""
    values = list(values)
    return statistics.fmean(values) if values else None


def spread(values: Iterable[float]) -> float | None:
    """The sample standard deviation, None of fewer than two."""
    values = list(values)
    return statistics.stdev(values) if len(values) > 1 else None


def paired(one: Group | None, other: Group | None,
           split: str = 'measured') -> dict[int, float] | None:
    """Differences of mIoU, one less other, of the seeds that both have."""
    if one is None or other is None:
        return None
    ours, theirs = one.each('mIoU', split), other.each('mIoU', split)
    return {seed: ours[seed] - theirs[seed]
            for seed in ours if seed in theirs} or None


class Study:
    """The results by data set, round and row.

    Args:
        records (Sequence[dict]): Of a results file, the latest of each run.
    """

    def __init__(self, records: Sequence[dict]) -> None:
        self.records = list(records)
        self.failed = [one for one in self.records
                       if one['status'] != 'done']
        groups = {}
        for record in self.records:
            if record['status'] == 'done':
                key = (record['kind'], record['data'], record['round'],
                       record['name'])
                groups.setdefault(key, []).append(record)
        self.groups = [Group(found) for found in groups.values()]

    def select(self, *kinds: str, **wanted) -> list[Group]:
        """Groups of kinds, else those of maps, the best mIoU first."""
        kinds = kinds or MAPS
        found = [group for group in self.groups if group.kind in kinds and all(
            getattr(group, key) == value for key, value in wanted.items())]
        return sorted(found, key=lambda group: -(group.mean('mIoU') or 0))

    def baseline(self, group: Group) -> Group | None:
        """The best plain CAM of the same data, round, images and epochs.

        Best over the seeds that both have, by the same masks.
        """
        alike = [one for one in self.select(
            data=group.data, round=group.round, epochs=group.epochs,
            measured_part=group.measured_part) if one.is_plain]
        shared = {id(one): set(one.by_seed) & set(group.by_seed)
                  for one in alike}
        alike = [one for one in alike if shared[id(one)]]
        return max(alike, default=None, key=lambda one: (
            len(shared[id(one)]),
            mean(one.each('mIoU')[seed] for seed in shared[id(one)])))

    def equal_cost(self, group: Group) -> Group | None:
        """The plain CAM that was given as many FLOPs."""
        return next(iter(self.select(
            data=group.data, round=group.round,
            equal_cost_to=group.name)), None)

    def winner(self, data: str, accept: Callable = lambda group: True
               ) -> Group | None:
        """The best final row with patch learning, of those with most seeds.

        Where some stand beside a plain CAM of their cost, it is one of them.
        """
        rows = [group for group in self.select(data=data, round='final')
                if group.method != PLAIN and accept(group)]
        rows = [group for group in rows if self.equal_cost(group)] or rows
        most = max((len(group.by_seed) for group in rows), default=0)
        return next((group for group in rows
                     if len(group.by_seed) == most), None)

    def ratios(self, data: str) -> dict:
        """The figures that were promised, None where rows are missing."""
        best = self.winner(data)
        plain = best and self.baseline(best)
        equal = best and self.equal_cost(best)
        return dict(
            seed_miou_gain=_mean_of(paired(best, plain)),
            seed_miou_gain_each=_values(paired(best, plain)),
            val_seed_miou_gain_each=_values(paired(best, plain, 'val')),
            gain_over_equal_cost_plain=_mean_of(paired(best, equal)),
            pseudo_over_plain_seed=self._pseudo_gain(data, plain),
            weak_over_full_supervision=self._weak_over_full(data))

    def figures(self, data: str) -> dict:
        """What stands behind the ratios."""
        best = self.winner(data)
        paper = self.winner(data, lambda group: group.method == PAPER)
        return dict(
            data=data, best=self.figure(best), paper_form=self.figure(paper),
            runs=len(self.records), failed=len(self.failed))

    def figure(self, group: Group | None) -> dict | None:
        """A row beside its baselines."""
        if group is None:
            return None
        plain, equal = self.baseline(group), self.equal_cost(group)
        return dict(
            name=group.name, method=group.method, epochs=group.epochs,
            seeds=list(group.by_seed), mIoU=group.mean('mIoU'),
            mIoU_each=list(group.each('mIoU').values()),
            val_mIoU_each=list(group.each('mIoU', 'val').values()),
            plain=plain and plain.name,
            gain_each=_values(paired(group, plain)),
            equal_cost=equal and equal.name,
            gain_over_equal_cost_each=_values(paired(group, equal)))

    def _pseudo_gain(self, data: str, plain: Group | None) -> float | None:
        """Refined pseudo-labels less the plain CAM's seed."""
        best = next(iter(self.select('pipeline', data=data)), None)
        return _mean_of(paired(best, plain))

    def _weak_over_full(self, data: str) -> float | None:
        """Val mIoU of a network on pseudo-labels over that on masks.

        Of several pipelines the best on the images that measure; full
        supervision at its best on val, so that the ratio flatters nobody.
        """
        weak = _best(self.select('pipeline', data=data), 'segmentation')
        full = weak and _best(
            [group for group in self.select('full', data=data)
             if _network(group) == _network(weak)], 'segmentation_val')
        if full is None:
            return None
        ours = weak.each('mIoU', 'segmentation_val')
        theirs = full.each('mIoU', 'segmentation_val')
        return mean(ours[seed] / theirs[seed]
                    for seed in ours if seed in theirs)


def _best(groups: Sequence[Group], part: str) -> Group | None:
    return max(groups, default=None,
               key=lambda group: group.mean('mIoU', part) or 0)


def _network(group: Group) -> str:
    """The config of a network; of several rounds the first one's."""
    configs = group.settings['segmentation']
    return configs if isinstance(configs, str) else configs[0]


def _mean_of(differences: Mapping | None) -> float | None:
    return differences and mean(differences.values())


def _values(differences: Mapping | None) -> list[float] | None:
    return differences and list(differences.values())
