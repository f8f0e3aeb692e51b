"""What tiles cost and save: a large image in tiles of 4 megapixels, beside the whole of it.

The image is drawn and has 4000 x 3000 pixels. Seen are the maps of the classifier and the
logits of the segmentation network of the preset quick, with random weights, one view of the
image's own size; and PAMR with two classes. Memory is what one call adds to the peak of a
process of its own. Linux only.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from mmengine.registry import DefaultScope
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ppl_mm  # noqa: F401  (before anything that imports mmseg)
from benchmarks.common import (
    ROOT,
    finish,
    in_own_process,
    make_parser,
    memory_added,
    print_table,
    timed,
)
from ppl_mm.formats.cam_file import CamFile
from ppl_mm.models.segmentation.slide import slide_over_large_images
from ppl_mm.refine import RefinerChain
from ppl_mm.registry import MODELS
from ppl_mm.utils.cli import run
from ppl_mm.utils.config.reading import read_config
from ppl_mm.utils.tiles import MAX_PIXELS

WHOLE = 10**9


def draw(size: tuple[int, int]) -> np.ndarray:
    """Return an image of coloured rectangles, uint8 (H, W, 3)."""
    rng = np.random.default_rng(0)
    image = rng.integers(60, 120, (*size, 3), np.uint8)
    for _ in range(60):
        top, left = rng.integers(0, size[0]), rng.integers(0, size[1])
        height, width = rng.integers(20, max(size) // 6, 2)
        image[top : top + height, left : left + width] = rng.integers(0, 256, 3)
    return image


def network(config: str) -> torch.nn.Module:
    """Return the network of a config with random weights."""
    settings = read_config(ROOT / config)
    settings.model.backbone.init_cfg = None
    head = settings.model.get('head') or settings.model.decode_head
    head.num_classes = 4
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(settings.default_scope):
        return MODELS.build(settings.model).eval()


def inputs_of(image: np.ndarray) -> Tensor:
    """Return what a network sees, (1, 3, H, W)."""
    return (torch.from_numpy(image).permute(2, 0, 1)[None].float() - 127) / 128


@torch.no_grad()
def maps(image: np.ndarray, max_pixels: int) -> Tensor:
    """Return the maps of the classifier."""
    model = network('configs/own/cls_cam_quick_own.py')
    torch.nn.init.normal_(model.head.classifier.weight)
    model.max_pixels = max_pixels
    return model.predict(inputs_of(image))[0].cam


@torch.no_grad()
def logits(image: np.ndarray, max_pixels: int) -> Tensor:
    """Return the logits of the segmentation network."""
    model = network('configs/own/seg_deeplab_quick_own.py')
    torch.nn.init.normal_(model.decode_head.conv_seg.weight)
    slide_over_large_images(model, max_pixels)
    return model(inputs=inputs_of(image), mode='predict')[0].seg_logits.data


def pamr(image: np.ndarray, max_pixels: int) -> Tensor:
    """Return scores that PAMR has refined."""
    cam = np.random.default_rng(1).random((2, 30, 40), np.float32)
    steps = [dict(type='ppl_mm.PAMR')]
    chain = RefinerChain(steps, dict(type='ppl_mm.IgnoreBand', low=0, high=1), max_pixels, True)
    return torch.from_numpy(chain.scores(image, CamFile([0, 1], cam, image.shape[:2])).values)


SIDES: dict[str, Callable[[np.ndarray, int], Tensor]] = dict(maps=maps, logits=logits, pamr=pamr)


def measure(name: str, size: tuple[int, int], max_pixels: int) -> tuple[Tensor, float, float]:
    """Return a result, the GB that it took, and its seconds; for a process of its own."""
    torch.set_num_threads(1)
    image = draw(size)
    SIDES[name](image[:64, :64], WHOLE)
    (found, seconds), added = memory_added(timed, SIDES[name], image, max_pixels)
    return found, added / 1e9, seconds


def compare(name: str, size: tuple[int, int], max_pixels: int) -> dict:
    """Return the figures of one side."""
    done = {}
    for kind, pixels in dict(whole=WHOLE, tiles=max_pixels).items():
        done[kind] = in_own_process(measure, name, size, pixels)
    whole, tiles = done['whole'][0], done['tiles'][0]
    return dict(
        gigabytes={kind: round(one[1], 2) for kind, one in done.items()},
        seconds={kind: round(one[2], 1) for kind, one in done.items()},
        # In parts of the largest value.
        max_difference=float((tiles - whole).abs().max() / whole.abs().max()),
        mean_difference=float((tiles - whole).abs().mean() / whole.abs().max()),
        other_label=float((tiles.argmax(dim=0) != whole.argmax(dim=0)).float().mean()),
    )


def main(argv: list[str] | None = None) -> None:
    """Print a table, and one line of JSON at the end."""
    parser = make_parser(__doc__, 'an image of 1100 x 900 pixels, in tiles of 0.6 megapixels')
    args = parser.parse_args(argv)
    size, pixels = ((900, 1100), 600_000) if args.quick else ((3000, 4000), MAX_PIXELS)
    found = {name: compare(name, size, pixels) for name in SIDES}
    header = ('', 'GB whole', 'tiles', 's whole', 'tiles', 'largest', 'mean', 'other label')
    print_table(
        header,
        [
            (
                name,
                *one['gigabytes'].values(),
                *one['seconds'].values(),
                f'{one["max_difference"]:.1e}',
                f'{one["mean_difference"]:.1e}',
                f'{one["other_label"]:.2%}',
            )
            for name, one in found.items()
        ],
    )
    ratios = {
        f'{name}_memory_tiles_over_whole': one['gigabytes']['tiles'] / one['gigabytes']['whole']
        for name, one in found.items()
    }
    finish('tiles', ratios, found, args.out)


if __name__ == '__main__':
    run(main)
