"""From the rows of a study to its runs."""

from collections.abc import Mapping, Sequence

from ppl_mm.errors import UserError

from .data_set import DataSet
from .row import Row
from .run import Run


def make_runs(
    rows: Sequence[Row],
    data: Mapping[str, DataSet],
    names: Sequence[str] | None = None,
    rounds: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
) -> list[Run]:
    """Return the runs of the chosen rows, in their order, the first random seed first.

    Args:
        rows: Rows of the study.
        data: Data sets by name.
        names: Only these rows, as ``plain`` or, of one data set, ``voc6/plain``.
        rounds: Only these rounds.
        seeds: These random seeds instead of the rows' own.

    Raises:
        UserError: If a row names an unknown data set, two rows share a name,
            or a chosen name is unknown.
    """
    _check_rows(rows, data)
    _check_names(rows, names or ())
    chosen = [
        row
        for row in rows
        if (not names or _names_of(row) & {*names}) and (not rounds or row.round in rounds)
    ]
    return [Run(row, seed, data[row.data]) for row in chosen for seed in (seeds or row.seeds)]


def _names_of(row: Row) -> set[str]:
    return {row.name, f'{row.data}/{row.name}'}


def _check_rows(rows: Sequence[Row], data: Mapping[str, DataSet]) -> None:
    seen = set()
    for row in rows:
        if row.data not in data:
            raise UserError(f'row {row.name}: data={row.data!r} must be one of {", ".join(data)}')
        key = (row.data, row.name, row.round)
        if key in seen:
            raise UserError(
                f'row {row.name}: appears twice in the round {row.round} of {row.data}; rename one'
            )
        seen.add(key)


def _check_names(rows: Sequence[Row], names: Sequence[str]) -> None:
    known = {name for row in rows for name in _names_of(row)}
    for name in names:
        if name not in known:
            raise UserError(f'--only {name}: no row has this name; --list shows them')
