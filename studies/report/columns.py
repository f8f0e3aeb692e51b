"""The columns of the tables, each a function of the study and a row."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from ppl_mm.errors import UserError

from .groups import Group, mean, paired, spread
from .numbers import Study

#: Makes a cell of a row.
Cell = Callable[[Study, Group], str]
_VS_ROW = re.compile(r'(val )?vs\. (\w+)')


def markdown(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; all columns but the first are right-aligned."""
    lines = [header, ['---', *['---:'] * (len(header) - 1)], *rows]
    return '\n'.join(['| ' + ' | '.join(map(str, line)) + ' |' for line in lines] + [''])


def table(study: Study, groups: Sequence[Group], columns: Sequence[str]) -> str:
    """Return a table of these rows; a column that is empty in all of them is left out.

    Args:
        study: The results.
        groups: The rows.
        columns: Their headings, see :func:`column`.

    Raises:
        UserError: If a heading is unknown.
    """
    cells = {name: [column(name)(study, group) for group in groups] for name in columns}
    kept = {name: column for name, column in cells.items() if any(column)}
    return markdown(list(kept), zip(*kept.values(), strict=True))


def column(heading: str) -> Cell:
    """Return the column of a heading.

    Args:
        heading: A key of :data:`COLUMNS`; or ``vs. NAME``, or ``val vs.
            NAME``: points above the row of that name in the same round.

    Raises:
        UserError: If the heading is neither.
    """
    if heading in COLUMNS:
        return COLUMNS[heading]
    found = _VS_ROW.fullmatch(heading)
    if not found:
        raise UserError(f'column {heading!r} must be one of {", ".join(COLUMNS)}, or vs. ROW')
    split, name = 'val' if found[1] else 'measured', found[2]

    def cell(study: Study, group: Group) -> str:
        """Return the points above the named row."""
        other = study.find(group.data, group.round, name)
        return '' if other is group else points(paired(group, other, split))

    return cell


def percent(values: Iterable[float]) -> str:
    """Return mean and spread of fractions in per cent, e.g. '54.0 ± 2.8'."""
    return _with_spread([100 * value for value in values], '.1f')


def points(differences: Mapping[int, float] | None) -> str:
    """Return mean and spread of differences in points, e.g. '+4.0 ± 1.4'."""
    return _with_spread([100 * value for value in (differences or {}).values()], '+.1f')


def one_point(difference: float | None) -> str:
    """Return a difference in points, e.g. '+4.0'."""
    return '' if difference is None else _rounded(100 * difference, '+.1f')


def _with_spread(values: Sequence[float], form: str) -> str:
    if not values:
        return ''
    deviation = spread(values)
    shown = '' if deviation is None else f' ± {deviation:.1f}'
    return f'{_rounded(mean(values), form)}{shown}'


def _rounded(value: float, form: str) -> str:
    """Return one digit behind the point, and never -0.0."""
    return f'{round(value, 1) + 0.0:{form}}'


def _score(key: str, split: str) -> Cell:
    return lambda study, group: percent(group.each(key, split).values())


def _vs_plain(split: str) -> Cell:
    def cell(study: Study, group: Group) -> str:
        """Return the points above the best plain CAM."""
        plain = study.baseline(group)
        return '' if plain is group else points(paired(group, plain, split))

    return cell


def _vs_equal_cost(split: str) -> Cell:
    return lambda study, group: points(paired(group, study.equal_cost(group), split))


def _threshold(study: Study, group: Group) -> str:
    return f'{mean(record["threshold"] for record in group.by_seed.values()):.3f}'


def _number(value: float | None, unit: float = 1.0, digits: int = 0) -> str:
    return '' if value is None else f'{value / unit:.{digits}f}'


def _memory(key: str) -> Cell:
    def cell(study: Study, group: Group) -> str:
        """Return the highest peak of the random seeds, in GiB."""
        peaks = [record['steps']['train'].get(key) or 0 for record in group.by_seed.values()]
        return _number(max(peaks) or None, 2**30, 1)

    return cell


def _vs_recipe(part: str) -> Cell:
    def cell(study: Study, group: Group) -> str:
        """Return the points above the recipe's own network."""
        recipe = _recipe(study, group)
        return '' if group is recipe else points(paired(group, recipe, part))

    return cell


def _recipe(study: Study, group: Group) -> Group | None:
    """Return the row of the recipe's own network, to compare others with."""
    # Where nobody has run it alone, a pipeline of one round has trained it.
    rows = [*study.select('network', data=group.data), *study.select('pipeline', data=group.data)]
    return next((row for row in rows if row.name in ('network', 'pipeline_one_round')), None)


def _on(split: str, end: str = '') -> dict[str, Cell]:
    """Return the columns that the images that measure and val have alike, by heading.

    Args:
        split: 'measured' or 'val'.
        end: Ends the names of other parts of a record.
    """
    network = f'segmentation{end}'
    return {
        'mIoU': _score('mIoU', split),
        'precision': _score('precision', split),
        'recall': _score('recall', split),
        'over-activation': _score('over_activation', split),
        'under-activation': _score('under_activation', split),
        'vs. plain CAM': _vs_plain(split),
        'vs. equal-cost CAM': _vs_equal_cost(split),
        'plain CAM seed': _score('mIoU', f'plain_seed{end}'),
        "method's CAM seed": _score('mIoU', f'ppl_seed{end}'),
        'pseudo-labels': _score('mIoU', split),
        'network': _score('mIoU', network),
        'network precision': _score('precision', network),
        'network recall': _score('recall', network),
        'network vs. recipe': _vs_recipe(network),
    }


#: By heading.
COLUMNS: dict[str, Cell] = {
    'row': lambda study, group: group.name,
    'method': lambda study, group: group.method,
    'epochs': lambda study, group: str(group.epochs),
    'random seeds': lambda study, group: str(len(group.by_seed)),
    'threshold': _threshold,
    'TFLOPs': lambda study, group: _number(group.flops(), 1e12, 1),
    'seconds': lambda study, group: _number(group.seconds()),
    'processor seconds': lambda study, group: _number(group.seconds('cpu_seconds')),
    'GiB': _memory('peak_memory'),
    'GiB of GPU': _memory('gpu_peak_memory'),
    **_on('measured'),
    **{f'val {heading}': cell for heading, cell in _on('val', '_val').items()},
}
