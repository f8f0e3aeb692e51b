"""What it costs to try 60 thresholds on the CAMs of a split.

The same files, CAMs as npz and masks as PNG, are measured

one_pass             for every threshold at once, by evaluate_folder
per_threshold        once per threshold, each time from the files, by this
                     project's own fast functions
with_background_map  the same, the way of PSA's and IRN's scripts: a map of
                     the threshold is put before the others and the argmax of
                     all is counted
mmseg_metric         the same, counted by mmseg's IoUMetric (some thresholds,
                     scaled up)
in_memory            each file read, upsampled and reduced to one score per
                     pixel once; only the comparison and the counting repeated
                     per threshold, as a careful script would do

Ratios are over one_pass. max_difference is the largest difference of a pixel
count between one_pass and the others, over all thresholds; mmseg gives no
counts, its IoU differs by the rounding of float32.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ppl_mm  # noqa: F401  its stand-ins must precede mmseg
from benchmarks.common import finish, make_parser, print_table, timed
from ppl_mm.cams import foreground_score, label_from_cam, normalize_cam, upsample_cam
from ppl_mm.evaluation import class_scores, confusion_matrix, evaluate_folder, mean_scores
from ppl_mm.formats.cam_file import CamFile, read_cam, write_cam
from ppl_mm.formats.ground_truth import GroundTruth
from ppl_mm.formats.mask_file import read_mask, write_label
from ppl_mm.utils.cli import run

NUM_CLASSES = 20
THRESHOLDS = [step / 100 for step in range(1, 61)]


def write_images(folder: Path, count: int, size: tuple[int, int]) -> list[str]:
    """Write images of the size and the number of classes that VOC has.

    Args:
        folder: Gets ``cams`` and ``masks``.
        count: Number of images; two of three have one class.
        size: (H, W) in pixels; CAMs are a quarter of it.

    Returns:
        The image ids.
    """
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: size[0], : size[1]] / np.array(size)[:, None, None]
    for k in range(count):
        class_ids = rng.permutation(NUM_CLASSES)[: 1 + (k % 3 == 0)]
        mask, maps = np.zeros(size, np.uint8), []
        for class_id in class_ids:
            cy, cx = rng.uniform(0.2, 0.8, 2)
            ry, rx = rng.uniform(0.1, 0.35, 2)
            far = ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2
            mask[far < 1.1] = 255
            mask[far < 1] = class_id + 1
            noise = rng.normal(scale=0.03, size=far[::4, ::4].shape)
            maps.append(np.exp(-far[::4, ::4]) + noise)
        cam = normalize_cam(torch.from_numpy(np.stack(maps)))
        write_cam(folder / 'cams' / f'{k}.npz', CamFile(class_ids, cam, size))
        write_label(folder / 'masks' / f'{k}.png', mask)
    return [str(k) for k in range(count)]


def load(folder: Path, ids: list[str]) -> Iterator[tuple[CamFile, np.ndarray]]:
    """Yield CAM file and mask of each image, read from disk."""
    for image_id in ids:
        yield (
            read_cam(folder / 'cams' / f'{image_id}.npz'),
            read_mask(folder / 'masks' / f'{image_id}.png'),
        )


def one_pass(folder: Path, ids: list[str]) -> np.ndarray:
    """Return the matrices of all thresholds, ``(T, n + 1, n + 2)``."""
    truth = GroundTruth(folder / 'masks')
    return evaluate_folder(
        folder / 'cams', truth, ids, NUM_CLASSES, THRESHOLDS, progress=False
    ).confusion()


def per_threshold(folder: Path, ids: list[str], threshold: float) -> np.ndarray:
    """Evaluate once by this project's own functions; return a matrix ``(n + 1, n + 2)``."""
    return sum(
        confusion_matrix(label_from_cam(cam_file, threshold), mask, NUM_CLASSES)
        for cam_file, mask in load(folder, ids)
    )


def with_background_map(folder: Path, ids: list[str], threshold: float) -> np.ndarray:
    """Evaluate once as PSA's and IRN's scripts do."""
    matrix = np.zeros((NUM_CLASSES + 1, NUM_CLASSES + 2), np.int64)
    for cam_file, mask in load(folder, ids):
        maps = upsample_cam(cam_file.cam, cam_file.size).numpy()
        maps = np.pad(maps, ((1, 0), (0, 0), (0, 0)), constant_values=threshold)
        labels = np.pad(cam_file.class_ids.astype(np.int64) + 1, (1, 0))
        pred, valid = labels[maps.argmax(axis=0)], mask != 255
        pair = mask[valid].astype(np.int64) * (NUM_CLASSES + 1) + pred[valid]
        count = np.bincount(pair, minlength=(NUM_CLASSES + 1) ** 2)
        matrix[:, :-1] += count.reshape(NUM_CLASSES + 1, -1)
    return matrix


def mmseg_metric(folder: Path, ids: list[str], threshold: float) -> np.ndarray:
    """Evaluate once by mmseg's IoUMetric; return the IoU of each class, ``(n + 1,)``."""
    from mmseg.evaluation import IoUMetric

    areas = [
        IoUMetric.intersect_and_union(
            torch.from_numpy(label_from_cam(cam_file, threshold)),
            torch.from_numpy(mask),
            NUM_CLASSES + 1,
            255,
        )
        for cam_file, mask in load(folder, ids)
    ]
    intersect, union = (sum(area[k] for area in areas) for k in (0, 1))
    return (intersect / union).numpy()


def in_memory(folder: Path, ids: list[str]) -> np.ndarray:
    """Read and upsample once, then compare and count once per threshold."""
    matrices = np.zeros((len(THRESHOLDS), NUM_CLASSES + 1, NUM_CLASSES + 2), np.int64)
    for cam_file, mask in load(folder, ids):
        score, index = foreground_score(cam_file)
        label = (cam_file.class_ids + 1).astype(np.uint8)[index]
        for matrix, threshold in zip(matrices, THRESHOLDS, strict=True):
            pred = label * (score > np.float32(threshold))
            matrix += confusion_matrix(pred, mask, NUM_CLASSES)
    return matrices


class Stopwatch:
    """Collects seconds of the processor by name."""

    def __init__(self):
        self.seconds = {}

    def __call__(self, function: Callable, *args: object) -> np.ndarray:
        """Run a function on the clock and return what it returns."""
        result, taken = timed(function, *args)
        self.seconds.setdefault(function.__name__, []).append(taken)
        return result

    def mean(self, name: str) -> float:
        """Return the mean seconds of a call."""
        return statistics.fmean(self.seconds[name])


def measure(folder: Path, ids: list[str], quick: bool) -> tuple[dict, dict]:
    """Run all ways on the same files.

    Args:
        folder: Holds ``cams`` and ``masks``.
        ids: The images.
        quick: Fewer thresholds for mmseg.

    Returns:
        Ratios and figures.
    """
    reference = one_pass(folder, ids)  # warms the disk cache for everybody
    ious = class_scores(reference)['iou']
    watch, difference, iou_error = Stopwatch(), 0, 0.0
    for k, threshold in enumerate(THRESHOLDS):
        for way in (per_threshold, with_background_map):
            matrix = watch(way, folder, ids, threshold)
            difference = max(difference, abs(matrix - reference[k]).max())
        if k % 6 == 0:  # among the others, so that noise hits all alike
            watch(one_pass, folder, ids)
        if k % (30 if quick else 6) == 0:
            error = watch(mmseg_metric, folder, ids, threshold) - ious[k]
            iou_error = max(iou_error, np.nanmax(abs(error)))
        if k % 30 == 0:
            matrices = watch(in_memory, folder, ids)
            difference = max(difference, abs(matrices - reference).max())
    once, count = watch.mean('one_pass'), len(THRESHOLDS)
    seconds = dict(
        per_threshold=watch.mean('per_threshold') * count,
        with_background_map=watch.mean('with_background_map') * count,
        mmseg_metric=watch.mean('mmseg_metric') * count,
        in_memory=watch.mean('in_memory'),
        one_pass=once,
    )
    ratios = {
        f'{name}_over_one_pass': round(taken / once, 1)
        for name, taken in seconds.items()
        if name != 'one_pass'
    }
    ratios['max_difference'] = int(difference)
    figures = dict(
        images=len(ids),
        thresholds=count,
        seconds=seconds,
        one_pass_ms_per_image=1e3 * once / len(ids),
        mmseg_thresholds_run=len(watch.seconds['mmseg_metric']),
        mmseg_max_iou_difference=float(iou_error),
        best_miou=float(mean_scores(reference)['mIoU'].max()),
    )
    return ratios, figures


def main(argv: list[str] | None = None) -> None:
    """Print a table, and one line of JSON at the end."""
    parser = make_parser(__doc__, 'few images')
    parser.add_argument('--images', type=int, help='number of images (default: 200, quick: 16)')
    parser.add_argument(
        '--size', type=int, nargs=2, default=[375, 500], metavar=('H', 'W'), help='default: 375 500'
    )
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    count = args.images or (16 if args.quick else 200)
    with tempfile.TemporaryDirectory() as folder:
        ids = write_images(Path(folder), count, tuple(args.size))
        ratios, figures = measure(Path(folder), ids, args.quick)
    print_table(
        (f'{count} images, {len(THRESHOLDS)} thresholds, one thread', 'processor', 'over one pass'),
        (
            (name, f'{seconds:.3f} s', ratios.get(f'{name}_over_one_pass', 1))
            for name, seconds in figures['seconds'].items()
        ),
    )
    print(f'largest difference of a pixel count: {ratios["max_difference"]}')
    finish('threshold_sweep', ratios, figures, args.out, numpy=np.__version__)


if __name__ == '__main__':
    run(main)
