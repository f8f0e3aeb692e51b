"""Does patch learning give better maps than a plain CAM? Runs, and a report.

    python benchmarks/study.py --list          # what is done, what is left
    python benchmarks/study.py                 # work; again after a kill
    python benchmarks/study.py --report        # tables, plots, one line
                                               # of JSON
    python benchmarks/study.py --quick         # all of it, in miniature

The rows, in study_rows.py, are settings of a method on a data set. Each is
run with the ordinary commands, tools/train.py, tools/export_cam.py and
tools/analysis_tools/eval_cam.py, on a GPU if there is one; what came of it is
added to docs/results/study.jsonl, one line for each random seed. Rows that
differ in the export alone share a training.

Budgets: a row is in one of three rounds. `screen` trains for a third of the
epochs of `final`, `half` for two thirds; study_rows.py has the numbers, a row
may have its own. The stages of a progressive row share its epochs in the
ratio that the row gives, each at least one. `screen` measures on the even
lines of the list of training images with masks, `half` on the odd ones, which
chose nothing before, `final` on all of them; the threshold is the best one on
the same images, for every method alike. Val is measured once, for `final`, at
that threshold.

A run that fails is recorded and the queue goes on; --retry tries it again.
One that was interrupted continues where it was. Several of these commands may
work at once: each takes runs that no other is at. Children compute in one
thread unless --threads says otherwise, since threads that wait for each other
on a shared machine cost more than they bring.
"""
import argparse
import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import study_quick
import study_rows
from study_kinds import KINDS
from study_machine import description, machine
from study_plan import ROUNDS, Run, make_runs
from study_queue import Queue
from study_report import print_summary, write_report
from study_results import ResultsFile

from ppl_mm.errors import UserError
from ppl_mm.pipeline.progress import duration
from ppl_mm.utils.cli import run

_RESULTS = Path('docs/results/study.jsonl')
# Seconds between two lines of progress.
_TELL_EVERY = 60.


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--list', action='store_true',
                        help='show what is done and what is left')
    parser.add_argument('--report', action='store_true',
                        help='make tables and plots from the results')
    parser.add_argument('--quick', action='store_true',
                        help='queue and report in miniature, on a few images '
                        'and in a temporary folder; under 40 seconds on two '
                        'cores, and without meaning')
    parser.add_argument('--only', nargs='+', metavar='NAME',
                        help='these rows alone, e.g. plain, or voc6/plain of '
                        'one data set')
    parser.add_argument('--round', nargs='+', choices=ROUNDS,
                        help='these rounds alone')
    parser.add_argument('--seeds', nargs='+', type=int, metavar='SEED',
                        help="in place of the rows' own")
    parser.add_argument('--limit', type=int, metavar='N',
                        help='stop after N runs')
    parser.add_argument('--retry', action='store_true',
                        help='also what has failed before')
    parser.add_argument('--keep', action='store_true',
                        help='keep the exported maps, not the checkpoint only')
    parser.add_argument('--threads', type=int, default=1,
                        help='of each child (default: 1)')
    parser.add_argument('--workers', type=int, default=1,
                        help='processes that load data (default: 1); random '
                        'crops depend on it')
    parser.add_argument('--work-dir', type=Path,
                        default=Path('work_dirs/study'))
    parser.add_argument('--results', type=Path, default=_RESULTS,
                        help=f'default: {_RESULTS}')
    parser.add_argument('--page', type=Path,
                        help="the report's Markdown (default: as --results, "
                        'with the ending .md)')
    parser.add_argument('--data', default='voc6',
                        help='the data set of the line of JSON (default: '
                        'voc6)')
    return parser.parse_args(argv)


def teller(run: Run) -> Callable:
    """Prints a line of progress from time to time."""
    last = time.monotonic()

    def show(step: str, progress) -> None:
        nonlocal last
        if progress is None or time.monotonic() - last < _TELL_EVERY:
            return
        last = time.monotonic()
        left = ('' if progress.seconds_left is None else
                f', about {duration(progress.seconds_left)} left')
        print(f'{run.id}: {step}, {progress.text}{left}', flush=True)

    return show


def make_queue(args: argparse.Namespace, runs: Sequence[Run]) -> Queue:
    """The queue of these runs."""
    def work(run: Run) -> dict:
        kind = KINDS[run.row.kind](
            run, args.work_dir, args.workers, args.keep, teller(run))
        return kind()
    return Queue(
        runs, ResultsFile(args.results), args.work_dir, work,
        lambda: description(args.threads, args.workers), args.retry,
        args.limit)


def report(args: argparse.Namespace) -> None:
    """Write the page and the plots, print the line of JSON."""
    records = list(ResultsFile(args.results).latest().values())
    if not records:
        raise UserError(f'{args.results}: holds no result yet; run the study '
                        'first')
    page = args.page or args.results.with_suffix('.md')
    made = write_report(records, args.results, page, args.data)
    print_summary(made)
    print(f'written: {page}, {page.with_suffix("")}/*.png')
    print(json.dumps(dict(benchmark='study', **made, machine=machine())))


def work(args: argparse.Namespace) -> int:
    """Work the queue off, or show it; 1 where runs have failed."""
    runs = make_runs(study_rows.ROWS, study_rows.DATA, args.only, args.round,
                     args.seeds)
    queue = make_queue(args, runs)
    if args.list:
        print('\n'.join(queue.table()))
        return 0
    return int(bool(queue.run()))


def set_up(threads: int) -> None:
    """What holds for all children."""
    for name in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS'):
        os.environ[name] = str(threads)
    # As Ctrl-C: the child is ended, and the time so far noted.
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_) -> None:
    raise KeyboardInterrupt


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says."""
    args = parse_args(argv)
    if args.report:
        report(args)
        return 0
    set_up(args.threads)
    if not args.quick:
        return work(args)
    with study_quick.miniature() as (runs, folder):
        args.work_dir, args.page = folder / 'work', None
        args.results, args.data = folder / 'study.jsonl', runs[0].row.data
        failed = study_quick.work_in_two(make_queue(args, runs))
        report(args)
    return failed


if __name__ == '__main__':
    run(main)
