"""Does progressive patch learning give better maps than a plain CAM, and why?

    python -m studies.ppl --list       # what is done, what is left
    python -m studies.ppl              # work; the same again after a kill
    python -m studies.ppl --report     # tables, plots, one line of JSON
    python -m studies.ppl --quick      # all of it, in miniature
    python -m studies.ppl --merge MORE.jsonl    # add the records of another file

Run it in the project's folder. The rows, in studies/ppl/rows, are settings of
a method on a data set. Each runs with the ordinary commands, tools/train.py,
tools/export_cam.py and tools/analysis_tools/eval_cam.py, on a GPU if there is
one. Each random seed adds one line to the results file. Rows that differ in
the export alone share a training.

A row belongs to one of three rounds. `screen` trains for a third of the epochs
of `final`, `half` for two thirds, unless a row has its own budget. The stages
of a progressive row share its epochs. `screen` measures on the even lines of
the list of training images with ground truth, `half` on the odd ones, which
chose nothing before, `final` on all of them. The threshold is the best one on
the same images, for every method alike. Val is measured once, for `final`, at
that threshold.

A failed run is recorded and the queue continues; --retry tries it again. An
interrupted run resumes. Several of these commands may work at once: each takes
runs that no other is working on. Children compute in one thread unless
--threads says otherwise.
"""

import argparse
import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ppl_mm.errors import UserError
from ppl_mm.utils.files import write_bytes
from ppl_mm.utils.progress import duration
from studies.engine.kinds import KINDS
from studies.engine.machine import description, machine
from studies.engine.merge import merge
from studies.engine.plan import make_runs
from studies.engine.queue import Queue
from studies.engine.results import ResultsFile
from studies.engine.row import ROUNDS
from studies.engine.run import Run
from studies.report.chapters import fill_tables
from studies.report.numbers import Study
from studies.report.page import summary, write_report

from . import quick
from .rows import DATA, ROWS

RESULTS = Path('studies/ppl/results/study.jsonl')
#: Pages with tables that are filled from the results.
PAGES = ('studies/ppl/*.md', 'docs/study.md', 'docs/results.md')
# Seconds between two lines of progress.
_TELL_EVERY = 60.0


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m studies.ppl',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument('--list', action='store_true', help='show what is done and what is left')
    what.add_argument(
        '--report', action='store_true', help='make tables and plots from the results'
    )
    what.add_argument(
        '--quick',
        action='store_true',
        help='queue and report in miniature, on a few images in a temporary folder; under 40 '
        'seconds on two cores, the scores mean nothing',
    )
    what.add_argument(
        '--merge',
        type=Path,
        metavar='FILE',
        help='add the records of another results file, of today or from before 2026-11-27, to '
        '--results; runs that it has already are skipped',
    )
    _add_queue_options(parser)
    _add_paths(parser)
    return parser.parse_args(argv)


def _add_queue_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--only',
        nargs='+',
        metavar='NAME',
        help='only these rows, e.g. plain, or voc6/plain of one data set',
    )
    parser.add_argument('--round', nargs='+', choices=ROUNDS, help='only these rounds')
    parser.add_argument(
        '--seeds', nargs='+', type=int, metavar='SEED', help="instead of the rows' own"
    )
    parser.add_argument('--limit', type=int, metavar='N', help='stop after N runs')
    parser.add_argument('--retry', action='store_true', help='also what has failed before')
    parser.add_argument(
        '--keep', action='store_true', help='keep the exported maps, not only the checkpoint'
    )
    parser.add_argument('--threads', type=int, default=1, help='of each child (default: 1)')
    parser.add_argument(
        '--workers',
        type=int,
        default=1,
        help='processes that load data (default: 1); random crops depend on it',
    )


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--work-dir', type=Path, default=Path('work_dirs/study'))
    parser.add_argument('--results', type=Path, default=RESULTS, help=f'default: {RESULTS}')
    parser.add_argument(
        '--page',
        type=Path,
        help="the report's Markdown (default: like --results, with the ending .md)",
    )
    parser.add_argument(
        '--data', default='voc6', help='the data set of the line of JSON (default: voc6)'
    )


def teller(run: Run) -> Callable:
    """Return a function that prints a line of progress from time to time."""
    last = time.monotonic()

    def show(step: str, progress: object) -> None:
        """Print a step and the time that is left."""
        nonlocal last
        if progress is None or time.monotonic() - last < _TELL_EVERY:
            return
        last = time.monotonic()
        seconds = progress.seconds_left
        left = '' if seconds is None else f', about {duration(seconds)} left'
        print(f'{run.id}: {step}, {progress.text}{left}', flush=True)

    return show


def make_queue(args: argparse.Namespace, runs: Sequence[Run]) -> Queue:
    """Return the queue of these runs."""

    def work(run: Run) -> dict:
        """Do one run, and return its record."""
        kind = KINDS[run.row.kind]
        return kind(run, args.work_dir, args.workers, args.keep, teller(run))()

    return Queue(
        runs,
        ResultsFile(args.results),
        args.work_dir,
        work,
        lambda: description(args.threads, args.workers),
        args.retry,
        args.limit,
    )


def report(args: argparse.Namespace) -> None:
    """Write the page and the plots, print the line of JSON."""
    records = list(ResultsFile(args.results).latest().values())
    if not records:
        raise UserError(f'{args.results}: has no result yet; run the study first')
    page = args.page or args.results.with_suffix('.md')
    made = write_report(records, args.results, page, args.data, ROWS)
    if args.results.resolve().parent == RESULTS.resolve().parent:
        for path, text in fill_pages().items():
            write_bytes(path, text.encode())
    print(*summary(made), f'written: {page}, {page.with_suffix("")}/*.png', sep='\n')
    print(json.dumps(dict(benchmark='study', **made, machine=machine())))


def fill_pages() -> dict[Path, str]:
    """Return the pages whose tables come from the committed results, filled anew."""
    studies = {
        path.stem: Study(list(ResultsFile(path).latest().values()), ROWS)
        for path in RESULTS.parent.glob('*.jsonl')
    }
    paths = [path for pattern in PAGES for path in sorted(Path().glob(pattern))]
    return {path: fill_tables(path.read_text(encoding='utf-8'), studies) for path in paths}


def work(args: argparse.Namespace) -> int:
    """Work the queue off, or show it; return 1 where runs have failed."""
    queue = make_queue(args, make_runs(ROWS, DATA, args.only, args.round, args.seeds))
    if args.list:
        print('\n'.join(queue.table()))
        return 0
    return int(bool(queue.run()))


def work_in_miniature(args: argparse.Namespace) -> int:
    """Do the same with a few images in a temporary folder."""
    with quick.miniature() as (runs, folder):
        args.work_dir, args.page = folder / 'work', None
        args.results, args.data = folder / 'study.jsonl', runs[0].row.data
        failed = quick.work_in_two(make_queue(args, runs))
        report(args)
    return failed


def set_up(threads: int) -> None:
    """Set what holds for all children."""
    for name in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS'):
        os.environ[name] = str(threads)
    # Like Ctrl-C: the child is ended, and the time so far noted.
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_) -> None:
    raise KeyboardInterrupt


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    args = parse_args(argv)
    if args.merge:
        print('\n'.join(merge(args.merge, ResultsFile(args.results)).lines()))
        return 0
    if args.report:
        report(args)
        return 0
    set_up(args.threads)
    return work_in_miniature(args) if args.quick else work(args)
