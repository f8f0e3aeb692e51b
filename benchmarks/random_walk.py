"""The random walk beside squaring its dense matrix, as its papers' code does.

matrix_free  ppl_mm.refine.random_walk on the affinities of the pairs
dense        the (HW x HW) matrix: affinities written into it, power, columns
             divided by their sums, squared t times, times the scores

Both are given the same affinities and scores, of an image of 500 x 500 at
stride 4: 125 x 125 cells, radius 5, beta 10, 2^8 steps, 3 classes, float32.
Dense squaring is run at growing sizes and extrapolated from the largest: its
time grows with (HW)^3, the product of two matrices, and its memory with
(HW)^2. Each side runs in a process of its own; time is that of the processor,
memory the growth of the peak resident set over what inputs and libraries
take. ``max_relative_error`` is the largest difference of both, over dense
squaring in float64, at the sizes that both run at.
"""

import math
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ppl_mm  # noqa: F401
from benchmarks.common import finish, in_own_process, make_parser, memory_added, print_table, timed
from ppl_mm.models.affinity.neighbourhood import half_disc, pair_affinities, pair_views
from ppl_mm.refine.random_walk import random_walk
from ppl_mm.utils.cli import run

RADIUS, BETA, STEPS_LOG2, CLASSES = 5, 10, 8, 3
CELLS = 125
PAGE = 2**20


def make_input(cells: int) -> tuple[Tensor, Tensor]:
    """Return scores (C, H, W) and affinities (P, H, W) of a synthetic image.

    Features have borders and noise, so that regions are partly apart.
    """
    torch.manual_seed(0)
    y, x = torch.meshgrid(*[torch.linspace(0, 6, cells)] * 2, indexing='ij')
    waves = torch.stack([(k * y + x).sin().sign() for k in range(1, 9)])
    features = 0.2 * waves + 0.1 * torch.randn(8, cells, cells)
    return (torch.rand(CLASSES, cells, cells), pair_affinities(features[None], RADIUS)[0])


def dense_walk(scores: Tensor, affinities: Tensor) -> Tensor:
    """Walk by the matrix, in the type of the affinities.

    Args:
        scores: (C, H, W).
        affinities: (P, H, W).

    Returns:
        (C, H, W).
    """
    height, width = scores.shape[1:]
    index = torch.arange(height * width).view(height, width)
    matrix = torch.eye(height * width, dtype=affinities.dtype)
    for affinity, offset in zip(affinities, half_disc(RADIUS), strict=True):
        first, second = pair_views(index, offset)
        values = pair_views(affinity, offset)[0]
        matrix[first, second] = values
        matrix[second, first] = values
    matrix.pow_(BETA)
    matrix /= matrix.sum(dim=0, keepdim=True)
    for _ in range(STEPS_LOG2):
        matrix = matrix @ matrix
    return (scores.to(matrix.dtype).flatten(1) @ matrix).view_as(scores)


def matrix_free_walk(scores: Tensor, affinities: Tensor) -> Tensor:
    """Walk by this project's function."""
    return random_walk(scores, affinities, RADIUS, BETA, STEPS_LOG2)


WALKS = dict(dense=dense_walk, matrix_free=matrix_free_walk)


def measure_here(walk: Callable, cells: int, repeats: int) -> dict:
    """Run one side in this process; return seconds and bytes."""
    torch.set_num_threads(1)
    scores, affinities = make_input(cells)
    walk(*make_input(8))  # libraries are loaded before anything is measured
    seconds, added = memory_added(
        lambda: [timed(walk, scores, affinities)[1] for _ in range(repeats)]
    )
    return dict(cells=cells, seconds=statistics.median(seconds), bytes=added)


def measure(name: str, cells: int, repeats: int) -> dict:
    """Run one side in a process of its own; return seconds and bytes."""
    return in_own_process(measure_here, WALKS[name], cells, repeats)


def relative_error(cells: int) -> float:
    """Return the largest relative difference to dense squaring in float64."""
    scores, affinities = make_input(cells)
    expected = dense_walk(scores, affinities.double())
    walked = matrix_free_walk(scores, affinities)
    return ((walked - expected).abs() / expected.abs()).max().item()


def compare(sizes: list[int], cells: int, repeats: int) -> tuple[dict, dict]:
    """Measure both sides.

    Args:
        sizes: Sides of the maps at which dense squaring runs.
        cells: Side of the map that is asked about.
        repeats: Runs of the matrix-free walk.

    Returns:
        Ratios and figures.
    """
    dense = [measure('dense', size, 1) for size in sizes]
    ours = [measure('matrix_free', size, repeats) for size in (*sizes, cells)]
    largest, own = dense[-1], ours[-1]
    growth = (cells / largest['cells']) ** 2  # of HW
    seconds = largest['seconds'] * growth**3
    size = largest['bytes'] * growth**2
    # The slope of time over HW that was seen; 3 is the law.
    slope = math.log(dense[-1]['seconds'] / dense[-2]['seconds'], (sizes[-1] / sizes[-2]) ** 2)
    # A growth below what can be seen counts as a page of the measurement.
    own_bytes = max(own['bytes'], PAGE)
    ratios = dict(
        dense_over_matrix_free_time=round(seconds / own['seconds'], 1),
        dense_over_matrix_free_memory=round(size / own_bytes, 1),
        max_relative_error=max(map(relative_error, sizes[:2])),
    )
    figures = dict(
        cells=cells,
        radius=RADIUS,
        beta=BETA,
        steps_log2=STEPS_LOG2,
        classes=CLASSES,
        matrix_free_seconds=own['seconds'],
        matrix_free_bytes=own['bytes'],
        dense_seconds_extrapolated=seconds,
        dense_bytes_extrapolated=size,
        dense_time_exponent=slope,
        largest_dense=largest,
        dense=dense,
        matrix_free=ours,
    )
    return ratios, figures


def show(ratios: dict, figures: dict) -> None:
    """Print the result for people."""
    extrapolated = dict(
        cells=figures['cells'],
        seconds=figures['dense_seconds_extrapolated'],
        bytes=figures['dense_bytes_extrapolated'],
    )
    pairs = zip([*figures['dense'], extrapolated], figures['matrix_free'], strict=True)
    print_table(
        ('cells', 'dense', '', 'matrix-free', ''),
        (
            (f'{dense["cells"]} x {dense["cells"]}', *_cost(dense), *_cost(own))
            for dense, own in pairs
        ),
    )
    print(
        'The last row of dense is extrapolated: time ~ (HW)^3 (seen: '
        f'{figures["dense_time_exponent"]:.2f}), memory ~ (HW)^2.'
    )
    for name, value in ratios.items():
        print(f'{name}: {value:g}')


def _cost(measured: dict) -> tuple[str, str]:
    return f'{measured["seconds"]:.2f} s', f'{measured["bytes"] / 2**20:.0f} MB'


def main(argv: list[str] | None = None) -> None:
    """Print a table, and one line of JSON at the end."""
    parser = make_parser(__doc__, 'smaller dense matrices')
    parser.add_argument(
        '--sizes',
        type=int,
        nargs='+',
        metavar='CELLS',
        help='sides of the maps for dense squaring, two or more (default: 32 48 64, '
        'quick: 24 32 40)',
    )
    parser.add_argument(
        '--cells', type=int, default=CELLS, help='side of the map asked about (default: 125)'
    )
    parser.add_argument('--repeats', type=int, default=3)
    parser.add_argument('--threads', type=int, default=1)
    args = parser.parse_args(argv)
    torch.set_num_threads(args.threads)
    sizes = args.sizes or ([24, 32, 40] if args.quick else [32, 48, 64])
    ratios, figures = compare(sizes, args.cells, args.repeats)
    show(ratios, figures)
    finish('random_walk', ratios, figures, args.out)


if __name__ == '__main__':
    run(main)
