"""What patch learning costs in training, over grids and positions.

A step is forward and backward of a classifier, BatchNorm frozen as in the
recipes, without the optimizer:

plain     the plain CAM
folded    patch learning: the patches in the batch, the tail once more
loop      the same, with a Python loop over the patches of the grid
floor     plain, times FLOPs of patch learning over FLOPs of the plain CAM,
          both counted by PyTorch on the maps as they are: the padding that a
          grid needs is no excuse

Ratios are those of the worst cell of ResNet-50: the largest of
``step_over_plain`` and ``step_over_flop_floor``, the smallest of
``loop_over_folded``. MobileNetV2 is reported beside it.
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import ppl_mm  # noqa: F401
from ppl_mm.models import CAMClassifier, block_chain
from ppl_mm.models.patch_ops import as_grid, pad_to_grid

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
    """A classifier of 20 classes; ``grid=None`` for the plain CAM."""
    neck = None if grid is None else dict(type='ppl_mm.PatchLearning', position=position, grid=grid)
    return CAMClassifier(
        backbone=MODELS.build(dict(backbone)),
        neck=neck,
        head=dict(type='ppl_mm.CAMHead', num_classes=20),
    ).train()


def loop_forward(model: nn.Module, images: Tensor) -> Tensor:
    """The scores of patch learning, one patch of the grid after another."""
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
    """Seconds for forward and for backward.

    In one thread those of the processor, since what else the machine does
    should not count.
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
def count_flops(name: str, position: int, grid: int | None) -> int:
    """FLOPs of forward and backward of one image; nothing is computed."""
    model = make_model(BACKBONES[name][0], position, grid).to('meta')
    with FlopCounterMode(display=False) as counter:
        model(torch.empty(1, 3, 224, 224, device='meta')).mean().backward()
    return counter.get_total_flops()


def measure(name: str, images: Tensor, rounds: int) -> list[dict]:
    """Time all cells of a backbone, in turn, and take the medians.

    Args:
        name (str): Key of BACKBONES.
        images (Tensor): (B, 3, H, W).
        rounds (int): Repeats.

    Returns:
        list[dict]: A row for each position and grid: seconds
        ``plain``, ``folded``, ``loop``, each of forward and backward;
        ``flop_ratio`` and ``padded_flop_ratio`` over plain; the ratios.
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
    return [make_row(name, cell, times) for cell in cells]


def make_row(name: str, cell: tuple[int, int], times: dict) -> dict:
    """Medians and ratios of one position and grid."""
    position, grid = cell
    flops = count_flops(name, 0, None)
    row = dict(
        backbone=name,
        position=position,
        grid=grid,
        # A grid of one patch is the map as it is, without padding.
        flop_ratio=count_flops(name, position, 1) / flops,
        padded_flop_ratio=count_flops(name, position, grid) / flops,
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
    """The ratios of a backbone's worst cell."""
    rows = [row for row in rows if row['backbone'] == backbone]
    return {
        name: round(pick(row[name] for row in rows), 3)
        for name, pick in (
            ('step_over_plain', max),
            ('step_over_flop_floor', max),
            ('loop_over_folded', min),
        )
    }


def print_table(rows: list[dict]) -> None:
    """The same for people: seconds of forward + backward."""
    print(
        f'{"backbone":<14}{"after":>6}{"K":>3}{"plain":>14}{"folded":>14}'
        f'{"loop":>14}{"FLOPs":>7}{"padded":>7}{"/plain":>7}{"/floor":>7}'
        f'{"loop/":>7}'
    )
    for row in rows:
        seconds = ''.join(
            '{forward:8.2f} +{backward:4.2f}'.format(**row[way])
            for way in ('plain', 'folded', 'loop')
        )
        print(
            f'{row["backbone"]:<14}{row["position"]:>6}{row["grid"]:>3}'
            f'{seconds}{row["flop_ratio"]:7.2f}'
            f'{row["padded_flop_ratio"]:7.2f}{row["step_over_plain"]:7.2f}'
            f'{row["step_over_flop_floor"]:7.2f}'
            f'{row["loop_over_folded"]:7.2f}'
        )


def main(argv: list[str] | None = None) -> None:
    """Print a table, and one line of JSON at the end."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--quick', action='store_true', help='few repeats, under 40 seconds on 2 cores'
    )
    parser.add_argument('--batch', type=int, help='images of 224 px (default: 4, quick: 1)')
    parser.add_argument('--rounds', type=int, help='repeats (default: 5, quick: 1)')
    parser.add_argument('--threads', type=int, default=1, help='default: 1')
    parser.add_argument('--channels-last', action='store_true', help='the memory format')
    parser.add_argument('--out', type=Path, help='also write the JSON here')
    args = parser.parse_args(argv)
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    batch = args.batch or (1 if args.quick else 4)
    rounds = args.rounds or (1 if args.quick else 5)
    images = torch.rand(batch, 3, 224, 224)
    if args.channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
    rows = [row for name in BACKBONES for row in measure(name, images, rounds)]
    print_table(rows)
    result = dict(
        benchmark='patch_learning',
        ratios=worst(rows, 'resnet50'),
        figures=dict(
            mobilenet_v2=worst(rows, 'mobilenet_v2'),
            batch=batch,
            rounds=rounds,
            threads=args.threads,
            channels_last=args.channels_last,
            rows=rows,
        ),
        machine=dict(
            processor=platform.processor() or platform.machine(),
            cores=os.cpu_count(),
            python=platform.python_version(),
            torch=torch.__version__,
        ),
    )
    if args.out:
        args.out.write_text(json.dumps(result, indent=1) + '\n')
    print(json.dumps(result))


if __name__ == '__main__':
    main()
