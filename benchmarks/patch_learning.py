"""What patch learning costs in training, over grids and positions.

A step is forward and backward of a classifier, BatchNorm frozen as in the
recipes, without the optimizer:

plain     the plain CAM
folded    patch learning: the patches in the batch, the tail once more
loop      the same, with a Python loop over the patches of the grid
floor     plain, times FLOPs of patch learning over FLOPs of the plain CAM,
          both counted by PyTorch on the unpadded maps: the padding that a grid
          needs does not count as a floor

Ratios are those of the worst cell of ResNet-50: the largest of
``step_over_plain`` and ``step_over_flop_floor``, the smallest of
``loop_over_folded``. MobileNetV2 is reported beside it.
"""

import statistics
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ppl_mm  # noqa: F401
from benchmarks.common import finish, make_parser, print_table
from ppl_mm.models import CAMClassifier, block_chain
from ppl_mm.models.patch_ops import as_grid, pad_to_grid
from ppl_mm.utils.cli import run

FROZEN = dict(norm_cfg=dict(type='BN', requires_grad=False), norm_eval=True)
# Output stride 16, cuts after the residual stages, and as for voc6.
BACKBONES = dict(
    resnet50=(
        dict(type='mmpretrain.ResNet', depth=50, strides=(1, 2, 2, 1), frozen_stages=0, **FROZEN),
        (3, 7, 13),
    ),
    mobilenet_v2=(
        dict(
            type='ppl_mm.DilatedMobileNetV2',
            strides=(1, 2, 2, 2, 1, 1, 1),
            dilations=(1, 1, 1, 1, 1, 2, 2),
            frozen_stages=1,
            **FROZEN,
        ),
        (6, 10, 13),
    ),
)
GRIDS = (2, 4)


def make_model(backbone: dict, position: int, grid: int | None) -> nn.Module:
    """Return a classifier of 20 classes; ``grid=None`` for the plain CAM."""
    neck = None if grid is None else dict(type='ppl_mm.PatchLearning', position=position, grid=grid)
    return CAMClassifier(
        backbone=MODELS.build(dict(backbone)),
        neck=neck,
        head=dict(type='ppl_mm.CAMHead', num_classes=20),
    ).train()


def loop_forward(model: nn.Module, images: Tensor) -> Tensor:
    """Return the scores of patch learning, one patch of the grid after another."""
    chain = block_chain(model.backbone)
    (position,) = model.neck.positions
    tail = chain[position + 1 :]
    features = chain[: position + 1](images)
    whole = tail(features)
    rows, columns = as_grid(model.neck.grid)
    strips = pad_to_grid(features, model.neck.grid, tail.stride).chunk(rows, 2)
    patches = torch.cat(
        [torch.cat([tail(patch) for patch in strip.chunk(columns, 3)], 3) for strip in strips], 2
    )[..., : whole.shape[2], : whole.shape[3]]
    return model.head((torch.cat([whole, patches], dim=1),))


def time_step(forward: Callable, model: nn.Module, images: Tensor) -> tuple[float, float]:
    """Return the seconds of forward and of backward pass.

    In one thread they are processor time, since what else the machine does should not count.
    """
    one = torch.get_num_threads() == 1
    clock = time.process_time if one else time.perf_counter
    model.zero_grad()
    start = clock()
    loss = F.softplus(forward(model, images)).mean()
    middle = clock()
    loss.backward()
    return middle - start, clock() - middle


@cache
def count_flops(name: str, position: int, grid: int | None, side: int = 224) -> int:
    """Count the FLOPs of forward and backward of one image; nothing is computed."""
    model = make_model(BACKBONES[name][0], position, grid).to('meta')
    with FlopCounterMode(display=False) as counter:
        model(torch.empty(1, 3, side, side, device='meta')).mean().backward()
    return counter.get_total_flops()


def measure(name: str, images: Tensor, rounds: int) -> list[dict]:
    """Time all cells of a backbone, in turn, and take the medians.

    Args:
        name: Key of BACKBONES.
        images: (B, 3, H, W).
        rounds: Repeats.

    Returns:
        A row for each position and grid: seconds ``plain``, ``folded``, ``loop``, each of forward
        and backward; ``flop_ratio`` and ``padded_flop_ratio`` over plain; the ratios.
    """
    config, positions = BACKBONES[name]
    plain = make_model(config, 0, None)
    cells = [(position, grid) for position in positions for grid in GRIDS]
    models = {cell: make_model(config, *cell) for cell in cells}
    memory_format = (
        torch.channels_last
        if images.is_contiguous(memory_format=torch.channels_last)
        else torch.contiguous_format
    )
    for model in (plain, *models.values()):
        model.to(memory_format=memory_format)
    runs = []
    for cell, model in models.items():
        runs += [
            ('plain', CAMClassifier.forward, plain),
            ((*cell, 'folded'), CAMClassifier.forward, model),
            ((*cell, 'loop'), loop_forward, model),
        ]
    times = {key: [] for key, _, _ in runs}
    time_step(CAMClassifier.forward, plain, images)  # to warm up
    for _ in range(rounds):
        for key, forward, model in runs:
            times[key].append(time_step(forward, model, images))
    return [make_row(name, cell, times, images.shape[-1]) for cell in cells]


def make_row(name: str, cell: tuple[int, int], times: dict, side: int) -> dict:
    """Return medians and ratios of one position and grid."""
    position, grid = cell
    flops = count_flops(name, 0, None, side)
    row = dict(
        backbone=name,
        position=position,
        grid=grid,
        # A grid of one patch is the map as it is, without padding.
        flop_ratio=count_flops(name, position, 1, side) / flops,
        padded_flop_ratio=count_flops(name, position, grid, side) / flops,
    )
    seconds = {}
    for way, key in (('plain', 'plain'), ('folded', (*cell, 'folded')), ('loop', (*cell, 'loop'))):
        forward, backward = zip(*times[key], strict=True)
        row[way] = dict(forward=statistics.median(forward), backward=statistics.median(backward))
        seconds[way] = sum(row[way].values())
    over_plain = seconds['folded'] / seconds['plain']
    return dict(
        row,
        step_over_plain=over_plain,
        step_over_flop_floor=over_plain / row['flop_ratio'],
        loop_over_folded=seconds['loop'] / seconds['folded'],
    )


def worst(rows: list[dict], backbone: str) -> dict:
    """Return the ratios of a backbone's worst cell."""
    rows = [row for row in rows if row['backbone'] == backbone]
    return {
        name: round(pick(row[name] for row in rows), 3)
        for name, pick in (
            ('step_over_plain', max),
            ('step_over_flop_floor', max),
            ('loop_over_folded', min),
        )
    }


def show(rows: list[dict]) -> None:
    """Print seconds of forward + backward for people."""
    ways, ratios = ('plain', 'folded', 'loop'), ('flop_ratio', 'padded_flop_ratio')
    ratios += ('step_over_plain', 'step_over_flop_floor', 'loop_over_folded')
    print_table(
        ('backbone', 'after', 'K', *ways, 'FLOPs', 'padded', '/plain', '/floor', 'loop/'),
        (
            (
                row['backbone'],
                row['position'],
                row['grid'],
                *('{forward:.2f} + {backward:.2f}'.format(**row[way]) for way in ways),
                *(f'{row[ratio]:.2f}' for ratio in ratios),
            )
            for row in rows
        ),
    )


def main(argv: list[str] | None = None) -> None:
    """Print a table, and one line of JSON at the end."""
    parser = make_parser(__doc__)
    parser.add_argument(
        '--batch', type=int, help='images of 224 px, quick: 128 (default: 4, quick: 1)'
    )
    parser.add_argument('--rounds', type=int, help='repeats (default: 5, quick: 1)')
    parser.add_argument('--threads', type=int, default=1, help='default: 1')
    parser.add_argument('--channels-last', action='store_true', help='the memory format')
    args = parser.parse_args(argv)
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    batch = args.batch or (1 if args.quick else 4)
    rounds = args.rounds or (1 if args.quick else 5)
    side = 128 if args.quick else 224
    images = torch.rand(batch, 3, side, side)
    if args.channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
    rows = [row for name in BACKBONES for row in measure(name, images, rounds)]
    show(rows)
    figures = dict(
        mobilenet_v2=worst(rows, 'mobilenet_v2'),
        batch=batch,
        rounds=rounds,
        threads=args.threads,
        channels_last=args.channels_last,
        rows=rows,
    )
    finish('patch_learning', worst(rows, 'resnet50'), figures, args.out)


if __name__ == '__main__':
    run(main)
