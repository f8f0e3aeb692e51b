"""The results of a study: one line of JSON for each run."""

import fcntl
import json
import os
from pathlib import Path
from typing import IO

from ppl_mm.errors import UserError


class ResultsFile:
    """A file of JSON lines that only grows, by whole lines.

    Several queues may write into it at once. It holds one record of a run
    that is done; a failed run may be followed by another try.

    Args:
        path: The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def read(self) -> list[dict]:
        """Return all records, in order.

        A last line without an end is what a killed writer left; it is ignored.

        Raises:
            UserError: If another line is not JSON.
        """
        if not self.path.is_file():
            return []
        lines = self.path.read_bytes().split(b'\n')[:-1]
        return [self._parse(number, line) for number, line in enumerate(lines, 1) if line.strip()]

    def _parse(self, number: int, line: bytes) -> dict:
        try:
            return json.loads(line)
        except ValueError as error:
            raise UserError(
                f'{self.path} line {number}: not valid JSON; remove the line'
            ) from error

    def latest(self) -> dict[str, dict]:
        """Return the record of each run by id: the one that is done, else the last failure."""
        found = {}
        for record in self.read():
            if found.get(record['id'], {}).get('status') != 'done':
                found[record['id']] = record
        return found

    def append(self, record: dict) -> bool:
        """Add a record, unless its run is done already.

        Args:
            record: ``id``, ``status`` and the results.

        Returns:
            Whether it was added.
        """
        line = json.dumps(record, allow_nan=False).encode() + b'\n'
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, 'ab+') as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if self.latest().get(record['id'], {}).get('status') == 'done':
                return False
            self._cut_torn_line(file)
            os.write(file.fileno(), line)
            os.fsync(file.fileno())
        return True

    def _cut_torn_line(self, file: IO[bytes]) -> None:
        whole = self.path.read_bytes().rfind(b'\n') + 1
        file.truncate(whole)
