"""A dense CRF over a folder: worker processes, and fewer channels.

Drawn images of 375 x 500 (quick: 150 x 200) with one or two classes each, and blurred maps of
them, lie in a folder as tools/export_cam.py leaves it.

one_process_over_pool       the folder refined as tools/refine.py does, image
                            and maps read and label written: by one process,
                            then by --workers; by the clock, median of rounds
                            in turn; the processes exist before it starts
all_labels_over_own_labels  the CRF alone with all 21 channels of VOC, the
                            absent ones zero, beside the image's own classes
                            and background; seconds of the processor
label_agreement             share of pixels that both label alike

Labels of both ways over the folder must be the same files, or it fails.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.common import finish, make_parser, timed
from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.apis.refining.image_refiner import ImageRefiner
from ppl_mm.data_tools.demo.drawing import draw_sample
from ppl_mm.formats.cam_file import CamFile, write_cam
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.refine import ConstantBackground, DenseCRF, Scores
from ppl_mm.refine.config import chain_settings
from ppl_mm.utils.cli import run
from ppl_mm.utils.processes.worker_pool import WorkerPool

SIZE, QUICK_SIZE = (375, 500), (150, 200)
CLASSES = [f'class {number}' for number in range(20)]  # as many as VOC
BACKGROUND = 0.3


def write_folder(root: Path, count: int, size: tuple[int, int]) -> CamFolder:
    """Draw the data.

    Args:
        root: Gets ``data`` and ``export``.
        count: Number of images.
        size: Their height and width.

    Returns:
        The export.
    """
    rng = np.random.default_rng(0)
    images = root / 'data/JPEGImages'
    images.mkdir(parents=True)
    for k in range(count):
        image, mask, classes = draw_image(rng, size)
        Image.fromarray(image).save(images / f'{k}.jpg')
        write_cam(
            ExportFolder(root / 'export').cam_path(str(k)),
            CamFile(classes, blurred(mask, classes), size),
        )
    (root / 'export/export.json').write_text(
        json.dumps(dict(classes=CLASSES, data_root=str(root / 'data'), threshold=0.3))
    )
    return CamFolder(root / 'export')


def draw_image(
    rng: np.random.Generator, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return an image (H, W, 3), its mask (H, W), and its one or two class ids."""
    while True:
        sample = draw_sample(rng, max(size))
        image, mask = (whole[: size[0], : size[1]] for whole in (sample.image, sample.mask))
        classes = np.unique(mask[mask > 0]) - 1
        if len(classes) in (1, 2):
            return image, mask, classes


def blurred(mask: np.ndarray, classes: np.ndarray) -> torch.Tensor:
    """Return maps of coarse cells, as CAMs have them, shape ``(n, h, w)``."""
    own = torch.from_numpy(mask[None] == classes[:, None, None] + 1).float()
    cells = F.avg_pool2d(own[None], 32, ceil_mode=True)
    maps = F.interpolate(cells, [-(-side // 4) for side in mask.shape], mode='bilinear')[0]
    return maps / maps.amax(dim=(1, 2), keepdim=True)


def measure_pool(folder: CamFolder, out: Path, workers: int, rounds: int) -> dict:
    """Measure each round, by one process and by the pool.

    Args:
        folder: The data.
        out: Gets the labels.
        workers: Processes of the pool.
        rounds: Number of rounds.

    Returns:
        Seconds by number of processes, and whether labels are the same.
    """
    settings = chain_settings(
        dict(
            refiners=[
                dict(type='ppl_mm.ConstantBackground', threshold=BACKGROUND),
                dict(type='ppl_mm.DenseCRF', preset='psa'),
            ]
        ),
        'benchmark',
    )
    ids, seconds = folder.image_ids(), {1: [], workers: []}
    with ExitStack() as held:
        pools = {}
        for count in seconds:
            args = (settings, folder, ExportFolder(out / str(count)), False)
            pools[count] = held.enter_context(WorkerPool(ImageRefiner, args, count))
            list(pools[count].map(ids[: 3 * workers]))  # every process has begun
        for count, pool in rounds * list(pools.items()):
            done, taken = timed(lambda pool=pool: list(pool.map(ids)), clock=time.perf_counter)
            seconds[count].append(taken)
            if failed := [one for one in done if one.failure]:
                raise SystemExit(f'failed: {failed[0]}')
    return dict(
        seconds=seconds,
        same_labels=all(
            (out / f'1/labels/{image_id}.png').read_bytes()
            == (out / f'{workers}/labels/{image_id}.png').read_bytes()
            for image_id in ids
        ),
    )


def measure_channels(folder: CamFolder, count: int) -> dict:
    """Measure the CRF on the own classes and on all, image by image.

    Args:
        folder: The data.
        count: Number of images.

    Returns:
        Seconds of the processor by image, own and all; and the share of pixels with equal labels.
    """
    crf, background = DenseCRF('psa'), ConstantBackground(BACKGROUND)
    seconds, agree = dict(own=[], all=[]), []
    for image_id in folder.image_ids()[:count]:
        image, cam_file = folder.read(image_id)
        own = background(image, Scores.from_cam(cam_file))
        values = np.zeros((1 + len(CLASSES), *image.shape[:2]), np.float32)
        values[np.append(0, own.class_ids + 1)] = own.values
        labels = dict(
            own=label(crf, image, own, seconds['own']),
            all=label(crf, image, Scores(values, range(len(CLASSES))), seconds['all']),
        )
        agree.append((labels['own'] == labels['all']).mean())
    return dict(seconds=seconds, agreement=float(np.mean(agree)))


def label(crf: Callable, image: np.ndarray, scores: Scores, seconds: list[float]) -> np.ndarray:
    """Return labels (H, W); add the time to the list."""
    refined, taken = timed(crf, image, scores)
    seconds.append(taken)
    ids = np.append(0, refined.class_ids + 1)
    return ids[refined.values.argmax(axis=0)]


def summarize(pool: dict, channels: dict, workers: int) -> tuple[dict, dict]:
    """Return ratios and figures."""
    one, many = (statistics.median(pool['seconds'][count]) for count in (1, workers))
    own, every = (sum(channels['seconds'][name]) for name in ('own', 'all'))
    ratios = dict(
        one_process_over_pool=round(one / many, 2),
        all_labels_over_own_labels=round(every / own, 2),
        label_agreement=round(channels['agreement'], 6),
    )
    images = len(channels['seconds']['own'])
    figures = dict(
        workers=workers,
        one_process_seconds=one,
        pool_seconds=many,
        rounds=pool['seconds'],
        pool_labels_identical=pool['same_labels'],
        own_seconds_per_image=own / images,
        all_seconds_per_image=every / images,
        channels_images=images,
    )
    return ratios, figures


def show(ratios: dict, figures: dict) -> None:
    """Print two lines for people."""
    print(
        f'the folder: one process {figures["one_process_seconds"]:.1f} s, {figures["workers"]} '
        f'processes {figures["pool_seconds"]:.1f} s: {ratios["one_process_over_pool"]} x'
    )
    print(
        f'an image: own classes {figures["own_seconds_per_image"]:.2f} s, '
        f'21 channels {figures["all_seconds_per_image"]:.2f} s: '
        f'{ratios["all_labels_over_own_labels"]} x, '
        f'{100 * ratios["label_agreement"]:.2f} % of pixels alike'
    )


def main(argv: list[str] | None = None) -> None:
    """Print two lines, and one line of JSON at the end."""
    parser = make_parser(__doc__, 'few and small images')
    parser.add_argument('--images', type=int, help='number of images (default: 40, quick: 8)')
    parser.add_argument('--workers', type=int, default=2, help='processes of the pool (default: 2)')
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    count = args.images or (8 if args.quick else 40)
    with tempfile.TemporaryDirectory() as root:
        folder = write_folder(Path(root), count, QUICK_SIZE if args.quick else SIZE)
        pool = measure_pool(folder, Path(root), args.workers, rounds=1 if args.quick else 3)
        channels = measure_channels(folder, max(1, count // 4))
    ratios, figures = summarize(pool, channels, args.workers)
    show(ratios, figures)
    finish('dense_crf', ratios, figures, args.out, numpy=np.__version__)
    if not pool['same_labels']:
        raise SystemExit('the labels of the pool differ from those of one process')


if __name__ == '__main__':
    run(main)
