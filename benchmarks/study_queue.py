"""The queue: what is left, one after another, whatever fails or is killed."""
import fcntl
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from study_plan import Run
from study_results import ResultsFile

from ppl_mm.errors import UserError
from ppl_mm.pipeline.progress import duration

# Seconds of an epoch and of an export where nothing was measured yet.
_FIRST_GUESS = dict(train=120., rest=90.)


class Queue:
    """Runs what has no result yet.

    Several queues may share a work folder and a results file, in as many
    processes: each takes what no other is at.

    Args:
        runs (Sequence[Run]): In order.
        results (ResultsFile): What is done, and where records go.
        work_dir (Path): For the locks.
        work (Callable): Does a run and returns what to record.
        describe (Callable): What else to record, e.g. the machine.
        retry (bool): Try again what has failed.
        stop_after (int, optional): How many runs to do at most.
    """

    def __init__(self, runs: Sequence[Run], results: ResultsFile,
                 work_dir: Path, work: Callable[[Run], dict],
                 describe: Callable[[], dict] = dict, retry: bool = False,
                 stop_after: int | None = None) -> None:
        self.runs, self.results, self.work = runs, results, work
        self.locks = Path(work_dir) / 'locks'
        self.describe, self.retry = describe, retry
        self.stop_after = stop_after
        self.tried = set()

    def pending(self) -> list[Run]:
        """What is left to do.

        Raises:
            UserError: If a result is of other settings than its row has now.
        """
        found = self.results.latest()
        return [run for run in self.runs
                if run.id not in self.tried
                and self._is_left(run, found.get(run.id))]

    def _is_left(self, run: Run, record: dict | None) -> bool:
        if record is None:
            return True
        if record['status'] != 'done':
            return self.retry or record['settings_key'] != run.settings_key
        if record['settings_key'] != run.settings_key:
            raise UserError(
                f'{self.results.path}: {run.id} was run with other settings '
                'than its row has now; give the changed row another name')
        return False

    def run(self) -> int:
        """Work until nothing is left.

        Returns:
            int: How many runs have failed.
        """
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
        """The first run whose training no other queue is at."""
        for run in self.pending():
            self.locks.mkdir(parents=True, exist_ok=True)
            with open(self.locks / run.training_key, 'wb') as lock:
                # Done meanwhile, or at work elsewhere.
                if _try_lock(lock) and run in self.pending():
                    self.tried.add(run.id)
                    yield run
                    return
        yield None

    def _do(self, run: Run) -> bool:
        """Do a run and record it; whether it is done."""
        left = len(self.pending())
        print(f'{run.id}: begins, {left} left after it', flush=True)
        start = time.monotonic()
        described = self.describe()  # the code may change meanwhile
        try:
            record = dict(status='done', **self.work(run))
        except Exception as error:  # whatever it is, the next may do better
            record = dict(
                status='failed', error=f'{type(error).__name__}: {error}',
                log_tail=getattr(error, 'tail', None))
        self.results.append(_head(run) | described | record)
        _tell(run, record, time.monotonic() - start)
        return record['status'] == 'done'

    def table(self) -> list[str]:
        """What is done and what is left, with a guess at the time."""
        found, lines = self.results.latest(), []
        estimate, left = Estimate(found.values()), 0.
        for run in self.runs:
            record = found.get(run.id)
            if self._is_left(run, record):
                seconds = estimate.seconds(run)
                left += seconds
                state = f'to do, about {duration(seconds)}'
            else:
                state = outcome(record)
            lines.append(f'{run.id:44} {run.all_epochs:3} epochs  {state}')
        return [*lines, f'about {duration(left)} left, trainings that runs '
                'share counted for each']


class Estimate:
    """How long runs take, by what others took.

    Args:
        records (Iterable[dict]): Results.
    """

    def __init__(self, records) -> None:
        self.records = [record for record in records
                        if record['status'] == 'done' and 'steps' in record]

    def seconds(self, run: Run) -> float:
        """A guess for a run: as its own row, else as others of its kind."""
        alike = [record for record in self.records
                 if record['data'] == run.row.data
                 and record['kind'] == run.row.kind]
        same = [record for record in alike
                if record['name'] == run.row.name] or alike
        if not same:
            return _FIRST_GUESS['train'] * run.epochs + _FIRST_GUESS['rest']
        epoch, rest = map(statistics.median, zip(*map(_spent, same),
                                                 strict=True))
        return epoch * run.epochs + rest


def _spent(record: dict) -> tuple[float, float]:
    """Seconds of an epoch, and of all else."""
    steps = {name: step['seconds'] for name, step in record['steps'].items()}
    if 'pipeline' in steps:  # the others are its parts
        return 0., steps['pipeline']
    train = steps.pop('train')
    return train / record['epochs'], sum(steps.values())


def _head(run: Run) -> dict:
    """Which run a record is of."""
    row = run.row
    return dict(
        id=run.id, kind=row.kind, name=row.name, data=row.data,
        method=row.method, hypothesis=row.hypothesis, round=row.round,
        seed=run.seed, epochs=run.all_epochs, measured_part=run.measured,
        config=row.config, options=row.options,
        test_options=row.test_options, extra=row.extra, repeat=row.repeat,
        equal_cost_to=row.equal_cost_to, settings_key=run.settings_key,
        training_key=run.training_key)


def _tell(run: Run, record: dict, seconds: float) -> None:
    print(f'{run.id}: in {duration(seconds)}, {outcome(record)}', flush=True)


def outcome(record: dict) -> str:
    """What came of a run, in a few words."""
    if record['status'] != 'done':
        return f'{record["status"]}: {record["error"]}'
    return ', '.join(
        f'{part["split"]} {100 * part["mIoU"]:.2f}' for key in (
            'measured', 'val', 'segmentation', 'segmentation_val')
        if (part := record.get(key)))


def _try_lock(file) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
