"""What preset quick can do on data that nobody tuned for: whole trainings, three random seeds.

    python -m studies.own.trained --data data --round screen --jobs 12
    python -m studies.own.trained --data data --only tiles/lse1 --steps 2    # try it out
    python -m studies.own.trained --table train

``data`` holds the five sets, see README.md. Each row adds a line to the results file;
finished rows are not run again. Several rows run at once, each in one thread.
"""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ppl_mm.utils.cli import run
from studies.engine.machine import description
from studies.engine.plan import make_runs
from studies.engine.queue import Queue
from studies.engine.results import ResultsFile
from studies.engine.row import ROUNDS
from studies.engine.run import Run

from .goals import PARTS, goals
from .rows import ROWS, data_sets
from .table import table

RESULTS = Path('studies/own/results/trained.jsonl')


def main(argv: Sequence[str] | None = None) -> int:
    """Run the rows that are asked for; return 1 where some have failed."""
    args = _parse(argv)
    if args.table:
        done = _read(args.results, args.round or ROUNDS)
        if args.table == 'goals':
            print(goals(done, *(args.only or ())))
        else:
            print(table(done, PARTS[args.table]))
        return 0
    if args.device == 'cpu':
        os.environ['CUDA_VISIBLE_DEVICES'] = ''
    os.environ['OMP_NUM_THREADS'] = '1'
    if args.jobs == 1:
        return _work(args, None)
    # CUDA does not survive a fork.
    context = multiprocessing.get_context('spawn')
    jobs = [context.Process(target=_exit, args=(args, k)) for k in range(args.jobs)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    return int(any(job.exitcode for job in jobs))


def _read(files: Sequence[Path], rounds: Sequence[str]) -> list[dict]:
    """Return what is done, by the first of the files that has it."""
    records = {one['id']: one for file in reversed(files) for one in ResultsFile(file).read()}
    return [one for one in records.values() if one['status'] == 'done' and one['round'] in rounds]


def _exit(args: argparse.Namespace, job: int) -> None:
    sys.exit(_work(args, job))


def _work(args: argparse.Namespace, job: int | None) -> int:
    """Work off what no other process is working on."""
    import torch

    from .trained_run import TrainedRun

    torch.set_num_threads(1)
    if job is not None:
        _redirect(args.work_dir / f'log_{job}.txt')
    runs = make_runs(ROWS, data_sets(args.data), args.only, args.round, args.seeds)
    runs.sort(key=partial(_place, args.only or ()))
    queue = Queue(
        runs,
        ResultsFile(args.results[0]),
        args.work_dir,
        lambda run: TrainedRun(run, args.work_dir, args.steps)(),
        lambda: description(threads=1, workers=1),
    )
    return int(bool(queue.run()))


def _place(names: Sequence[str], run: Run) -> int:
    """Return where a run stands among the names of its row and data set."""
    own = (run.row.name, f'{run.row.data}/{run.row.name}')
    return next((k for k, name in enumerate(names) if name in own), 0)


def _redirect(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, 'ab') as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m studies.own.trained',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--data', default='data', help='the folder of the data sets')
    parser.add_argument(
        '--table',
        choices=[*PARTS, 'goals'],
        help='print the scores on this split, or finals beside the goals, and run nothing',
    )
    parser.add_argument(
        '--only',
        nargs='+',
        metavar='ROW',
        help='rows, as lse1 or tiles/lse1, in this order; of --table goals one row',
    )
    parser.add_argument('--round', nargs='+', choices=ROUNDS, help='rounds')
    parser.add_argument('--seeds', nargs='+', type=int, help="random seeds, not the rows' own")
    parser.add_argument('--jobs', type=int, default=1, help='rows that run at once')
    parser.add_argument('--steps', type=int, help='of an epoch, to try it out')
    parser.add_argument(
        '--device', choices=['cpu', 'cuda'], help='by default a GPU, if there is one'
    )
    parser.add_argument('--work-dir', type=Path, default=Path('work_dirs/own_study'))
    parser.add_argument(
        '--results',
        type=Path,
        nargs='+',
        default=[RESULTS],
        metavar='FILE',
        help='the results file; a table is made of several, of a run the first that has it',
    )
    args = parser.parse_args(argv)
    if args.table == 'goals' and len(args.only or ()) > 1:
        parser.error('--table goals: is of one row; give --only one')
    return args


if __name__ == '__main__':
    run(main)
