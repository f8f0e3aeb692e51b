"""What the scripts share: their options, a table, and the line of JSON at the end."""

import argparse
import json
import multiprocessing
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from ppl_mm.utils.files import write_json
from studies.engine.machine import machine, process_memory

#: The project's folder.
ROOT = Path(__file__).resolve().parents[1]


def make_parser(doc: str, quick: str = 'fewer repeats') -> argparse.ArgumentParser:
    """Return a parser with the options of every script.

    Args:
        doc: The script's docstring.
        quick: What ``--quick`` does.
    """
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--quick', action='store_true', help=f'{quick}; under 40 seconds on 2 cores'
    )
    parser.add_argument('--out', type=Path, help='also write the JSON to this file')
    return parser


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for people, the first column left-aligned, the others right-aligned."""
    lines = [[*map(str, header)], *([*map(str, row)] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for first, *others in lines:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        print('  '.join([first.ljust(widths[0]), *cells]))


def timed(
    function: Callable, *args: object, clock: Callable[[], float] = time.process_time
) -> tuple[Any, float]:
    """Return what a function returns, and the seconds that it took.

    Args:
        function: What to run.
        args: Its arguments.
        clock: Defaults to the processor's: what else the machine does should not count.
    """
    start = clock()
    found = function(*args)
    return found, clock() - start


def memory_added(function: Callable, *args: object) -> tuple[Any, int]:
    """Return what a function returns, and the bytes that it adds to this process's peak.

    Linux only.
    """
    before = process_memory('VmRSS')
    found = function(*args)
    return found, process_memory('VmHWM') - before


def in_own_process(function: Callable, *args: object) -> Any:
    """Return what a function does in a fresh process, whose peak of memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context('forkserver')) as process:
        return process.submit(function, *args).result()


def make_result(name: str, ratios: Mapping, figures: Mapping, **more: object) -> dict:
    """Return the result as it is printed.

    Args:
        name: Name of the benchmark.
        ratios: What it claims.
        figures: What is behind the ratios.
        more: More about the machine, e.g. versions.
    """
    return dict(benchmark=name, ratios=ratios, figures=figures, machine=machine() | more)


def finish(name: str, ratios: Mapping, figures: Mapping, out: Path | None, **more: object) -> None:
    """Print the result as one line of JSON, and write it to a file.

    Args:
        name: See :func:`make_result`.
        ratios: See :func:`make_result`.
        figures: See :func:`make_result`.
        out: The file, None for none.
        more: See :func:`make_result`.
    """
    result = make_result(name, ratios, figures, **more)
    if out:
        write_json(out, result)
    print(json.dumps(result))
