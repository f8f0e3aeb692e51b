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

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
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

import ppl_mm
import ppl_mm.datasets.transforms.crops
import ppl_mm.datasets.transforms.loading  # noqa: F401  registers them
from ppl_mm.utils.cli import run

OURS = Path(__file__).parents[1] / 'configs/baseline/cam_resnet50_4xb4-5e_voc12aug-512x512.py'
THEIRS = Path(mmpretrain.__file__).parent / '.mim/configs/_base_/datasets/voc_bs16.py'


def write_images(folder: Path, count: int, size: tuple[int, int] = (500, 375)) -> list[Path]:
    """JPEGs with the blotches and the noise of photographs.

    Args:
        folder (Path): Where to.
        count (int): How many.
        size (tuple[int, int]): Width and height in pixels.

    Returns:
        list[Path]: The files, of about 80 KB, as VOC's are.
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
    """Both pipelines at the same crop.

    Args:
        crop (int): Height and width of the result in pixels.

    Returns:
        dict[str, Callable]: From name to pipeline, from a file to a sample.
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
    """Images per second of the processor.

    Args:
        paths (list[Path]): The images.
        sides (dict[str, Callable]): The pipelines.
        rounds (int): How often each reads all images.

    Returns:
        dict[str, list[float]]: Of each round, by name.
    """
    rates = {name: [] for name in sides}
    for one in range(rounds + 1):
        # Who goes first finds the machine as the round before has left it.
        for name in sorted(sides, reverse=bool(one % 2)):
            np.random.seed(one)
            start = time.process_time()
            for path in paths:
                sides[name](dict(img_path=str(path), gt_label=[0]))
            seconds = time.process_time() - start
            if one:  # the first round warms up
                rates[name].append(len(paths) / seconds)
    return rates


def shares(paths: list[Path], pipeline: Compose) -> dict[str, float]:
    """Milliseconds of the processor that each transform takes an image."""
    taken = dict.fromkeys((type(step).__name__ for step in pipeline.transforms), 0.0)
    for path in paths:
        sample = dict(img_path=str(path), gt_label=[0])
        for step in pipeline.transforms:
            start = time.process_time()
            sample = step(sample)
            taken[type(step).__name__] += time.process_time() - start
    return {name: round(1e3 * seconds / len(paths), 3) for name, seconds in taken.items()}


def main(argv: list[str] | None = None) -> None:
    """Print a table, and one line of JSON at the end."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--quick', action='store_true', help='fewer rounds, under 40 seconds on 2 cores'
    )
    parser.add_argument('--images', type=int, default=40)
    parser.add_argument('--rounds', type=int, help='readings of all images (default: 15, quick: 5)')
    parser.add_argument('--crop', type=int, default=448, help='pixels')
    parser.add_argument('--out', type=Path, help='also write the JSON here')
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
    sides = pipelines(args.crop)
    with tempfile.TemporaryDirectory() as folder:
        paths = write_images(Path(folder), args.images)
        size = sum(path.stat().st_size for path in paths) / len(paths)
        rounds = measure(paths, sides, args.rounds or (5 if args.quick else 15))
        steps = {name: shares(paths, side) for name, side in sides.items()}
    rates = {name: statistics.median(each) for name, each in rounds.items()}
    ratio = statistics.median(ours / theirs for ours, theirs in zip(*rounds.values(), strict=True))
    for name, rate in rates.items():
        print(
            f'{name:12}{rate:8.1f} images a second and core; milliseconds: '
            + ', '.join(f'{step} {share:.2f}' for step, share in steps[name].items())
        )
    result = dict(
        benchmark='data_loading',
        ratios=dict(ours_over_mmpretrain=round(ratio, 3)),
        figures=dict(
            images_per_second=rates,
            milliseconds=steps,
            crop=args.crop,
            kilobytes_an_image=round(size / 1e3, 1),
        ),
        machine=dict(
            processor=platform.processor() or platform.machine(),
            cores=os.cpu_count(),
            python=platform.python_version(),
            pillow=PIL.__version__,
            opencv=cv2.__version__,
            mmcv=mmcv.__version__,
            numpy=np.__version__,
        ),
    )
    if args.out:
        args.out.write_text(json.dumps(result, indent=1) + '\n')
    print(json.dumps(result))


if __name__ == '__main__':
    run(main)
