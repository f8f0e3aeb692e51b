"""What the results of a study say, computed from its records alone."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from studies.engine.row import PAPER, PLAIN, Row

from .groups import Group, mean, paired

#: Kinds of rows that end in maps; the others continue to labels and networks.
MAPS = ('cam', 'self_trained')


class Study:
    """The results by data set, round and row.

    Args:
        records: Records of a results file, the latest of each run.
        rows: Rows of the study, for their texts.
    """

    def __init__(self, records: Sequence[dict], rows: Iterable[Row] = ()) -> None:
        self.records = list(records)
        self.failed = [record for record in self.records if record['status'] != 'done']
        by_key = {(row.kind, row.data, row.round, row.name): row for row in rows}
        found = {}
        for record in self.records:
            if record['status'] == 'done':
                key = tuple(record[name] for name in ('kind', 'data', 'round', 'name'))
                found.setdefault(key, []).append(record)
        self.groups = [Group(some, by_key.get(key)) for key, some in found.items()]

    def select(self, *kinds: str, **wanted: object) -> list[Group]:
        """Return groups of these kinds, else those of maps, the best mIoU first.

        Args:
            kinds: Kinds of rows.
            wanted: Attributes of the groups, e.g. ``data='voc6'``.
        """
        found = [
            group
            for group in self.groups
            if group.kind in (kinds or MAPS)
            and all(getattr(group, key) == value for key, value in wanted.items())
        ]
        return sorted(found, key=lambda group: -(group.mean('mIoU') or 0))

    def find(self, data: str, round_name: str, name: str) -> Group | None:
        """Return the group of a row, of whatever kind."""
        key = (data, round_name, name)
        return next((one for one in self.groups if (one.data, one.round, one.name) == key), None)

    def data_sets(self) -> list[str]:
        """Return the names of the data sets that have results."""
        return list(dict.fromkeys(group.data for group in self.groups))

    def baseline(self, group: Group) -> Group | None:
        """Return the best plain CAM of the same data, round, images and epochs.

        Best over the random seeds that both have, by the same masks.
        """
        candidates = self.select(
            data=group.data,
            round=group.round,
            epochs=group.epochs,
            measured_part=group.measured_part,
        )
        shared = {
            id(one): set(one.by_seed) & set(group.by_seed) for one in candidates if one.is_plain
        }
        alike = [one for one in candidates if shared.get(id(one))]

        def merit(one: Group) -> tuple[int, float]:
            """Prefer rows with more shared random seeds, then a higher mean."""
            seeds = shared[id(one)]
            scores = one.each('mIoU')
            return len(seeds), mean(scores[seed] for seed in seeds)

        return max(alike, default=None, key=merit)

    def equal_cost(self, group: Group) -> Group | None:
        """Return the plain CAM that was given as many FLOPs."""
        return next(
            iter(self.select(data=group.data, round=group.round, equal_cost_to=group.name)), None
        )

    def winner(
        self, data: str, accept: Callable[[Group], bool] = lambda group: True
    ) -> Group | None:
        """Return the best final row with patch learning, among those with most random seeds.

        If some have a plain CAM of equal cost, it is one of them.
        """
        rows = [
            group
            for group in self.select(data=data, round='final')
            if group.method != PLAIN and accept(group)
        ]
        rows = [group for group in rows if self.equal_cost(group)] or rows
        most = max((len(group.by_seed) for group in rows), default=0)
        return next((group for group in rows if len(group.by_seed) == most), None)

    def ratios(self, data: str) -> dict:
        """Return the promised figures, None where rows are missing."""
        best = self.winner(data)
        plain = best and self.baseline(best)
        equal = best and self.equal_cost(best)
        return dict(
            seed_miou_gain=_mean_of(paired(best, plain)),
            seed_miou_gain_each=_values(paired(best, plain)),
            val_seed_miou_gain_each=_values(paired(best, plain, 'val')),
            gain_over_equal_cost_plain=_mean_of(paired(best, equal)),
            pseudo_over_plain_seed=self._pseudo_gain(data, plain),
            weak_over_full_supervision=self._weak_over_full(data),
        )

    def figures(self, data: str) -> dict:
        """Return what is behind the ratios."""
        paper = self.winner(data, lambda group: group.method == PAPER)
        return dict(
            data=data,
            best=self.figure(self.winner(data)),
            paper_form=self.figure(paper),
            runs=len(self.records),
            failed=len(self.failed),
        )

    def figure(self, group: Group | None) -> dict | None:
        """Return a row beside its baselines."""
        if group is None:
            return None
        plain, equal = self.baseline(group), self.equal_cost(group)
        return dict(
            name=group.name,
            method=group.method,
            epochs=group.epochs,
            seeds=list(group.by_seed),
            mIoU=group.mean('mIoU'),
            mIoU_each=list(group.each('mIoU').values()),
            val_mIoU_each=list(group.each('mIoU', 'val').values()),
            plain=plain and plain.name,
            gain_each=_values(paired(group, plain)),
            equal_cost=equal and equal.name,
            gain_over_equal_cost_each=_values(paired(group, equal)),
        )

    def _pseudo_gain(self, data: str, plain: Group | None) -> float | None:
        """Return refined pseudo-labels minus the plain CAM seed."""
        best = next(iter(self.select('pipeline', data=data)), None)
        return _mean_of(paired(best, plain))

    def _weak_over_full(self, data: str) -> float | None:
        """Return val mIoU of a network on pseudo-labels over that on ground truth.

        Takes the pipeline that is best on the images that measure, and full
        supervision at its best on val, so that the ratio flatters nobody.
        """
        weak = _best(self.select('pipeline', data=data), 'segmentation')
        full = weak and _best(
            [
                group
                for group in self.select('full', data=data)
                if _network(group) == _network(weak)
            ],
            'segmentation_val',
        )
        if full is None:
            return None
        ours = weak.each('mIoU', 'segmentation_val')
        theirs = full.each('mIoU', 'segmentation_val')
        return mean(ours[seed] / theirs[seed] for seed in ours if seed in theirs)


def _best(groups: Sequence[Group], part: str) -> Group | None:
    return max(groups, default=None, key=lambda group: group.mean('mIoU', part) or 0)


def _network(group: Group) -> str:
    """Return the config of a network; of several rounds the first one's."""
    configs = group.first['settings']['segmentation']
    return configs if isinstance(configs, str) else configs[0]


def _mean_of(differences: Mapping[int, float] | None) -> float | None:
    return differences and mean(differences.values())


def _values(differences: Mapping[int, float] | None) -> list[float] | None:
    return differences and list(differences.values())
