"""Adds the records of another results file to one."""

from dataclasses import dataclass, field
from pathlib import Path

from ppl_mm.errors import UserError

from .results import ResultsFile


@dataclass
class Merged:
    """What became of each record, by the id of its run.

    Args:
        added: Added to the file.
        known: Skipped: the same run on the same machine is there.
        elsewhere: Skipped: the same run of another machine is there; a
            results file holds a run once.
    """

    added: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the same for people."""
        lines = [f'{len(self.added)} added, {len(self.known)} known already']
        lines += [f'added: {run}' for run in self.added]
        if self.elsewhere:
            lines.append(
                f'{len(self.elsewhere)} not added, since the file has these runs from '
                f'another machine: {", ".join(self.elsewhere)}; give --results another file'
            )
        return lines


def merge(source: Path, results: ResultsFile) -> Merged:
    """Add the records of a file, in its order.

    Args:
        source: A results file.
        results: Where to add.

    Raises:
        UserError: If the source is missing or has no record.
    """
    records = ResultsFile(source).read()
    if not records:
        raise UserError(f'--merge {source}: no such file, or no record in it')
    found, merged = results.latest(), Merged()
    for record in records:
        known = found.get(record['id'])
        if known and not (known['status'] != 'done' and record['status'] == 'done'):
            same = _machine(known) == _machine(record)
            (merged.known if same else merged.elsewhere).append(record['id'])
            continue
        results.append(record)
        found[record['id']] = record
        merged.added.append(record['id'])
    return merged


def _machine(record: dict) -> tuple[str, str | None]:
    return record['machine']['processor'], record['machine']['gpu']
