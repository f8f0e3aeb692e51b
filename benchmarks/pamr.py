"""PAMR beside its usual form, which unfolds the image and the scores.

Both refine the same batches in one thread (or on --device cuda). Time is the
processor's (on a GPU the clock's), the median of rounds in turn. Memory is
what the peak of a fresh process rises by during one call: each side has one of
its own, that has refined a small image before (on a GPU: torch's own count).

Ratios are of the worst cell of the grid; max_difference is the largest one of
a refined score.
"""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.common import finish, in_own_process, make_parser, memory_added, print_table
from ppl_mm.refine.pamr import DILATIONS, pamr
from ppl_mm.utils.cli import run

ITERATIONS = 10
# Batch, channels, height, width: maps of one class and of two with their
# background, and a batch as in training, with all channels of VOC.
CELLS = [(1, 2, 375, 500), (1, 3, 375, 500), (2, 21, 96, 96)]


def unfolded(
    images: Tensor,
    scores: Tensor,
    iterations: int = ITERATIONS,
    dilations: Sequence[int] = DILATIONS,
) -> Tensor:
    """Refine by the usual form; arguments and result as for :func:`pamr`."""
    around = unfold(images, dilations)
    spread = around.std(dim=2, keepdim=True)
    distance = (around - images[:, :, None]).abs() / (1e-8 + 0.1 * spread)
    nearness = -distance.mean(dim=1, keepdim=True)
    nearness[:, :, 4::9] = -torch.inf  # a pixel is not its own neighbour
    shares = nearness.softmax(dim=2)
    for _ in range(iterations):
        scores = (shares * unfold(scores, dilations)).sum(dim=2)
    return scores


def unfold(tensor: Tensor, dilations: Sequence[int]) -> Tensor:
    """Return 3 x 3 windows, shape ``(B, C, dilations * 9, H, W)``."""
    batch, channels, height, width = tensor.shape
    return torch.cat(
        [
            F.unfold(F.pad(tensor, [distance] * 4, mode='replicate'), 3, dilation=distance).view(
                batch, channels, 9, height, width
            )
            for distance in dilations
        ],
        dim=2,
    )


SIDES = dict(ours=pamr, unfold=unfolded)


def make_batch(cell: Sequence[int], device: str) -> tuple[Tensor, Tensor]:
    """Return blotchy images (B, 3, H, W) and scores (B, C, H, W) in 0..1."""
    batch, channels, height, width = cell
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(batch, 3 + channels, height // 16 + 1, width // 16 + 1, generator=generator)
    fine = torch.rand(batch, 3 + channels, height, width, generator=generator)
    both = 0.8 * F.interpolate(coarse, (height, width), mode='bilinear')
    both = (both + 0.2 * fine).to(device)
    return both[:, :3].contiguous(), both[:, 3:].contiguous()


def timed(side: Callable, batch: tuple[Tensor, Tensor]) -> tuple[float, Tensor]:
    """Return the seconds of a call, and what it returns."""
    on_gpu = batch[0].is_cuda
    clock = time.perf_counter if on_gpu else time.process_time
    if on_gpu:
        torch.cuda.synchronize()
    start = clock()
    with torch.no_grad():
        refined = side(*batch)
    if on_gpu:
        torch.cuda.synchronize()
    return clock() - start, refined


def memory_of(name: str, cell: Sequence[int], device: str) -> int:
    """Return the bytes that a call adds to the peak; for a process of its own."""
    torch.set_num_threads(1)
    timed(SIDES[name], make_batch((1, 2, 20, 20), device))
    batch = make_batch(cell, device)
    if device == 'cuda':
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        timed(SIDES[name], batch)
        return torch.cuda.max_memory_allocated() - before
    return memory_added(timed, SIDES[name], batch)[1]


def measure(cell: Sequence[int], rounds: int, device: str) -> dict:
    """Measure both sides on one batch.

    Args:
        cell: Batch, channels, height, width.
        rounds: Calls of each side.
        device: 'cpu' or 'cuda'.

    Returns:
        Seconds and MiB of each side, and the largest difference.
    """
    for side in SIDES.values():
        timed(side, make_batch((1, 2, 20, 20), device))  # warms up
    batch = make_batch(cell, device)
    seconds, refined, memory = {name: [] for name in SIDES}, {}, {}
    for _ in range(rounds):
        for name, side in SIDES.items():
            taken, refined[name] = timed(side, batch)
            seconds[name].append(taken)
    difference = (refined['ours'] - refined['unfold']).abs().max().item()
    for name in SIDES:
        memory[name] = in_own_process(memory_of, name, cell, device) / 2**20
    return dict(
        seconds={name: statistics.median(all_of) for name, all_of in seconds.items()},
        mebibytes=memory,
        max_difference=difference,
    )


def worst(figures: dict, key: str) -> float:
    """Return the smallest ratio of unfold over ours."""
    return round(min(cell[key]['unfold'] / cell[key]['ours'] for cell in figures.values()), 2)


def show(figures: dict) -> None:
    """Print the result for people."""
    rows = []
    for name, cell in figures.items():
        seconds = [f'{cell["seconds"][side]:.3f} s' for side in ('ours', 'unfold')]
        memory = [f'{cell["mebibytes"][side]:.0f} MiB' for side in ('ours', 'unfold')]
        rows.append((name, *seconds, *memory, f'{cell["max_difference"]:.1e}'))
    print_table(('B x C x H x W', 'ours', 'unfold', 'ours', 'unfold', 'difference'), rows)


def main(argv: list[str] | None = None) -> None:
    """Print a table, and one line of JSON at the end."""
    parser = make_parser(__doc__, 'fewer cells')
    parser.add_argument('--rounds', type=int, help='calls of each side (default: 5, quick: 1)')
    parser.add_argument(
        '--cell',
        type=int,
        nargs=4,
        action='append',
        metavar=('B', 'C', 'H', 'W'),
        help='another grid; can be given again',
    )
    parser.add_argument('--device', default='cpu', choices=['cpu', 'cuda'])
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    rounds = args.rounds or (1 if args.quick else 5)
    cells = args.cell or (CELLS[::2] if args.quick else CELLS)
    figures = {' x '.join(map(str, cell)): measure(cell, rounds, args.device) for cell in cells}
    show(figures)
    ratios = dict(
        unfold_over_ours_time=worst(figures, 'seconds'),
        unfold_over_ours_memory=worst(figures, 'mebibytes'),
        max_difference=max(cell['max_difference'] for cell in figures.values()),
    )
    finish('pamr', ratios, figures, args.out, device=args.device)


if __name__ == '__main__':
    run(main)
