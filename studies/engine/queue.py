"""The queue: the runs that are left, one after another, whatever fails or is killed."""

import fcntl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ppl_mm.errors import UserError
from ppl_mm.utils.progress import duration

from .estimate import Estimate
from .record import changed_settings, head, outcome
from .results import ResultsFile
from .run import Run


class Queue:
    """Runs what has no result yet.

    Several queues, each in a process of its own, may share a work folder and
    a results file: each takes runs that no other is working on.

    Args:
        runs: In order.
        results: What is done, and where records go.
        work_dir: Folder for the locks.
        work: Does a run and returns what to record.
        describe: Returns what else to record, e.g. the machine.
        retry: Try failed runs again.
        stop_after: Do at most this many runs.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        results: ResultsFile,
        work_dir: Path,
        work: Callable[[Run], dict],
        describe: Callable[[], dict] = dict,
        retry: bool = False,
        stop_after: int | None = None,
    ) -> None:
        self.runs, self.results, self.work = runs, results, work
        self.locks = Path(work_dir) / 'locks'
        self.describe, self.retry = describe, retry
        self.stop_after = stop_after
        self.tried = set()

    def pending(self) -> list[Run]:
        """Return the runs that are left.

        Raises:
            UserError: If a row has changed since its run was done.
        """
        found = self.results.latest()
        return [
            run
            for run in self.runs
            if run.id not in self.tried and self._is_left(run, found.get(run.id))
        ]

    def _is_left(self, run: Run, record: dict | None) -> bool:
        if record is None:
            return True
        changed = changed_settings(run, record)
        if record['status'] != 'done':
            return self.retry or bool(changed)
        if changed:
            raise UserError(
                f'{self.results.path}: {run.id} was run with another {" and ".join(changed)} '
                'than its row has now; give the changed row another name'
            )
        return False

    def run(self) -> int:
        """Work until nothing is left; return the number of failed runs."""
        failed = done = 0
        while self.stop_after is None or done < self.stop_after:
            with self._claim_next() as run:
                if run is None:
                    break
                failed += not self._do(run)
            done += 1
        return failed

    @contextmanager
    def _claim_next(self) -> Iterator[Run | None]:
        """Hold the first run whose training no other queue is working on."""
        for run in self.pending():
            self.locks.mkdir(parents=True, exist_ok=True)
            with open(self.locks / run.training_key, 'wb') as lock:
                # It may be done by now, or in work elsewhere.
                if _try_lock(lock) and run in self.pending():
                    self.tried.add(run.id)
                    yield run
                    return
        yield None

    def _do(self, run: Run) -> bool:
        """Do a run and record it; return whether it succeeded."""
        left = len(self.pending())
        print(f'{run.id}: begins, {left} left after it', flush=True)
        start = time.monotonic()
        described = self.describe()  # the code may change meanwhile
        try:
            record = dict(status='done', **self.work(run))
        except Exception as error:  # whatever it is, the next run may succeed
            record = dict(status='failed', error=f'{type(error).__name__}: {error}')
        self.results.append(head(run) | described | record)
        print(f'{run.id}: in {duration(time.monotonic() - start)}, {outcome(record)}', flush=True)
        return record['status'] == 'done'

    def table(self) -> list[str]:
        """Return lines that say what is done and what is left, with a guess at the time."""
        found, lines = self.results.latest(), []
        estimate, left = Estimate(found.values()), 0.0
        for run in self.runs:
            record = found.get(run.id)
            if self._is_left(run, record):
                seconds = estimate.seconds(run)
                left += seconds
                state = f'to do, about {duration(seconds)}'
            else:
                state = outcome(record)
            lines.append(f'{run.id:44} {run.all_epochs:3} epochs  {state}')
        return [
            *lines,
            f'about {duration(left)} left; a training that runs share is counted for each',
        ]


def _try_lock(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
