"""Images per second per core of our training pipeline and of mmpretrain's.

Both read the same made JPEGs of VOC's size, 500 x 375, in this one process,
and end in a packed sample with an image of 448 x 448:

ours        configs/baseline/cam_resnet50_4xb4-5e_voc12aug-512x512.py: the
            long side at random, flip, crop, at --crop pixels
mmpretrain  configs/_base_/datasets/voc_bs16.py of mmpretrain

Time is the processor's. The pipelines take turns in reading all images, as a
worker has one of them only, and in going first. The ratio is the median of
the rounds' ratios.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import mmcv
import mmpretrain
import numpy as np
import PIL
import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import init_default_scope
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ppl_mm
import ppl_mm.datasets.transforms.crops
import ppl_mm.datasets.transforms.loading  # noqa: F401  registers them
from benchmarks.common import ROOT, finish, make_parser, print_table, timed
from ppl_mm.utils.cli import run

OURS = ROOT / 'configs/baseline/cam_resnet50_4xb4-5e_voc12aug-512x512.py'
THEIRS = Path(mmpretrain.__file__).parent / '.mim/configs/_base_/datasets/voc_bs16.py'


def write_images(folder: Path, count: int, size: tuple[int, int] = (500, 375)) -> list[Path]:
    """Write JPEGs with the blotches and the noise of photographs.

    Args:
        folder: Where to write.
        count: Number of images.
        size: Width and height in pixels.

    Returns:
        The files, of about 80 KB, as VOC's are.
    """
    rng = np.random.default_rng(0)
    paths = []
    for k in range(count):
        pixels = np.zeros((size[1], size[0], 3))
        for cells, weight in ((6, 90), (40, 50), (200, 25)):
            blotches = rng.normal(size=(cells * 3 // 4, cells, 3))
            pixels += weight * cv2.resize(blotches, size)
        pixels = np.clip(pixels + 120, 0, 255).astype(np.uint8)
        paths.append(folder / f'{k}.jpg')
        Image.fromarray(pixels).save(paths[-1], quality=92)
    return paths


def pipelines(crop: int) -> dict[str, Callable]:
    """Return both pipelines at the same crop.

    Args:
        crop: Height and width of the result in pixels.

    Returns:
        By name; each makes a sample of a file.
    """
    init_default_scope('mmpretrain')
    ours = Config.fromfile(OURS).train_pipeline
    theirs = Config.fromfile(THEIRS).train_pipeline
    for step in [*ours, *theirs]:
        if step.type.endswith('FillCrop'):
            step.crop_size = crop
        elif step.type == 'RandomResizedCrop':
            step.scale = crop
    return dict(ours=Compose(ours), mmpretrain=Compose(theirs))


def measure(paths: list[Path], sides: dict[str, Callable], rounds: int) -> dict[str, list[float]]:
    """Measure images per second of the processor.

    Args:
        paths: The images.
        sides: The pipelines.
        rounds: Readings of all images by each.

    Returns:
        The rates of all rounds, by name.
    """
    rates = {name: [] for name in sides}
    for one in range(rounds + 1):
        # Who goes first finds the machine as the round before has left it.
        for name in sorted(sides, reverse=bool(one % 2)):
            np.random.seed(one)
            _, seconds = timed(lambda side=sides[name]: [side(sample_of(path)) for path in paths])
            if one:  # the first round warms up
                rates[name].append(len(paths) / seconds)
    return rates


def sample_of(path: Path) -> dict:
    """Return what a pipeline is given of a file."""
    return dict(img_path=str(path), gt_label=[0])


def shares(paths: list[Path], pipeline: Compose) -> dict[str, float]:
    """Return the milliseconds of the processor that each transform takes for an image."""
    taken = dict.fromkeys((type(step).__name__ for step in pipeline.transforms), 0.0)
    for path in paths:
        sample = sample_of(path)
        for step in pipeline.transforms:
            sample, seconds = timed(step, sample)
            taken[type(step).__name__] += seconds
    return {name: round(1e3 * seconds / len(paths), 3) for name, seconds in taken.items()}


def main(argv: list[str] | None = None) -> None:
    """Print a table, and one line of JSON at the end."""
    parser = make_parser(__doc__, 'fewer rounds')
    parser.add_argument('--images', type=int, default=40)
    parser.add_argument('--rounds', type=int, help='readings of all images (default: 15, quick: 5)')
    parser.add_argument('--crop', type=int, default=448, help='pixels')
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
    sides = pipelines(args.crop)
    with tempfile.TemporaryDirectory() as folder:
        paths = write_images(Path(folder), args.images)
        size = statistics.fmean(path.stat().st_size for path in paths)
        rounds = measure(paths, sides, args.rounds or (5 if args.quick else 15))
        steps = {name: shares(paths, side) for name, side in sides.items()}
    rates = {name: statistics.median(each) for name, each in rounds.items()}
    show(rates, steps)
    ratio = statistics.median(ours / theirs for ours, theirs in zip(*rounds.values(), strict=True))
    figures = dict(
        images_per_second=rates,
        milliseconds=steps,
        crop=args.crop,
        kilobytes_an_image=round(size / 1e3, 1),
    )
    versions = {module.__name__: module.__version__ for module in (PIL, cv2, mmcv, np)}
    finish(
        'data_loading', dict(ours_over_mmpretrain=round(ratio, 3)), figures, args.out, **versions
    )


def show(rates: dict[str, float], steps: dict[str, dict[str, float]]) -> None:
    """Print the result for people."""
    print_table(
        ('pipeline', 'images a second and core'),
        ((name, f'{rate:.1f}') for name, rate in rates.items()),
    )
    for name, shares_of_steps in steps.items():
        print_table(
            (f'{name}, milliseconds', ''), ((k, f'{v:.2f}') for k, v in shares_of_steps.items())
        )


if __name__ == '__main__':
    run(main)
