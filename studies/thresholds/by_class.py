"""One threshold for all classes, or one for each: what is it worth, and what chooses it?

    python -m studies.thresholds.by_class EXPORT_DIR --data-root data/tiles

Expected before the run: classes of different sizes gain five points or more from thresholds of
their own, classes of one size lose less than half a point; 20 masks choose them nearly as well as
all masks; an area that is known within a factor of two does, too. Maps alone do not tell: those of
magnetic tiles look the same for blowholes of 0.2 % of an image as for uneven ground of 22 %.

Pixels belong to the class whose map is strongest before maps are brought to one scale, which
matters for images of several classes only.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.apis.thresholds.chooser import PRIOR_MASKS, between, thresholds_of_classes
from ppl_mm.cams.auto_threshold import MapStatistics
from ppl_mm.evaluation import ThresholdSweep
from ppl_mm.evaluation.confusion import class_scores, mean_scores
from ppl_mm.formats.ground_truth import GroundTruth
from ppl_mm.utils.cli import run
from ppl_mm.utils.progress import track

#: How many masks choose.
MASKS = (5, 20, 50)
#: By how much an area that a person gives may be wrong.
FACTOR = 2
Score = tuple[float, float]


@dataclass(frozen=True, eq=False)
class SweptMaps:
    """The maps of a split, counted at each threshold.

    Args:
        classes: Their names.
        images: A sweep for each image with a class.
        seen: What the maps look like.
        areas: The mean share of an image with a class that its objects cover, 0..1.
    """

    classes: Sequence[str]
    images: list[ThresholdSweep]
    seen: MapStatistics
    areas: list[float]

    @classmethod
    def read(cls, folder: CamFolder, split: str) -> 'SweptMaps':
        """Count the maps of an export."""
        truth, classes = GroundTruth(folder.layout.mask_dir), folder.classes
        images, seen = [], MapStatistics()
        shares: list[list[float]] = [[] for _ in classes]
        for image_id in track(folder.image_ids(split), 'counting'):
            cam_file = folder.read_cam(image_id)
            if not len(cam_file.class_ids):
                continue
            mask = truth.read(image_id, cam_file.size)
            images.append(ThresholdSweep(len(classes)))
            images[-1].update(cam_file, mask)
            seen.update(cam_file)
            for class_id in cam_file.class_ids:
                shares[class_id].append(float((mask == class_id + 1).mean()))
        return cls(classes, images, seen, [float(np.mean(one)) if one else 0.0 for one in shares])

    def sweep(self, chosen: Sequence[int] | None = None) -> ThresholdSweep:
        """Return the sweep of some images, by default of all."""
        total = ThresholdSweep(len(self.classes))
        for k in range(len(self.images)) if chosen is None else chosen:
            total.merge(self.images[k])
        return total

    @property
    def auto(self) -> float:
        """The threshold that the maps alone choose."""
        return self.seen.choose().value


def score(sweep: ThresholdSweep, cuts: Sequence[float]) -> Score:
    """Return mIoU and foreground IoU where each class is cut at its own threshold."""
    matrices = sweep.confusion()  # (T, n + 1, n + 2)
    places = [int(np.abs(np.array(sweep.thresholds) - cut).argmin()) for cut in cuts]
    matrix = matrices[0].copy()
    total = matrix.sum(axis=1)
    for k, place in enumerate(places):
        matrix[:, 1 + k] = matrices[place][:, 1 + k]
    matrix[:, 0] = total - matrix[:, 1:].sum(axis=1)
    foreground = np.nanmean(class_scores(matrix)['iou'][1:])
    return float(mean_scores(matrix)['mIoU']), float(foreground)


def by_all_masks(maps: SweptMaps) -> Iterator[tuple[str, Score]]:
    """Return what is possible: one threshold, and the best of each class."""
    total, count = maps.sweep(), len(maps.classes)
    best, _ = total.best()
    yield 'auto', score(total, [maps.auto] * count)
    yield 'best of all classes', score(total, [best] * count)
    iou = np.array([class_scores(one)['iou'][1:] for one in total.confusion()])
    own = np.nan_to_num(iou).argmax(axis=0)
    yield 'best of each class', score(total, [total.thresholds[k] for k in own])


def by_areas(maps: SweptMaps) -> Iterator[tuple[str, Score]]:
    """Return what is known without masks: areas, of all objects and of those of each class."""
    total, auto, count = maps.sweep(), maps.auto, len(maps.classes)
    masks = total.confusion()[0].sum(axis=1)
    mean = masks[1:].sum() / max(masks.sum(), 1)
    yield 'area of all', score(total, [_within(maps.seen, auto, mean)] * count)
    cuts = [_within(maps.seen.of_class(k), auto, area) for k, area in enumerate(maps.areas)]
    yield 'area of each class', score(total, cuts)


def _within(seen: MapStatistics, start: float, area: float) -> float:
    return seen.within(start, area / FACTOR, area * FACTOR) if seen.num_images else start


def by_few_masks(maps: SweptMaps, draws: int, seed: int) -> Iterator[tuple[str, list[Score]]]:
    """Return what draws of few masks choose, for all classes and for each."""
    total, auto, rng = maps.sweep(), maps.auto, np.random.default_rng(seed)
    for number in MASKS:
        shared, own = [], []
        for _ in range(draws):
            chosen = rng.permutation(len(maps.images))[:number]
            few = maps.sweep(chosen)
            value = between(auto, few.best()[0], PRIOR_MASKS, number)
            shared.append(score(total, [value] * len(maps.classes)))
            cuts = thresholds_of_classes(few, maps.classes, value, {})
            own.append(score(total, [cuts.get(name, value) for name in maps.classes]))
        yield f'{number} masks, all classes', shared
        yield f'{number} masks, each class', own


def lines(maps: SweptMaps, draws: int, seed: int) -> Iterator[str]:
    """Return the rows of a table of Markdown: mIoU / foreground IoU, per cent."""
    yield f'| {len(maps.images)} images | mIoU / foreground IoU | worst draw |\n|---|---|---|'
    for name, one in (*by_all_masks(maps), *by_areas(maps)):
        yield f'| {name} | {_shown(one)} | |'
    for name, many in by_few_masks(maps, draws, seed):
        mean = tuple(np.mean(many, axis=0))
        yield f'| {name} | {_shown(mean)} | {_shown(min(many))} |'


def _shown(one: Sequence[float]) -> str:
    return ' / '.join(f'{100 * value:.1f}' for value in one)


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table of one export."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('export_dir', metavar='EXPORT_DIR')
    parser.add_argument('--data-root', help="by default the export's")
    parser.add_argument('--split', default='train')
    parser.add_argument('--draws', type=int, default=12)
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args(argv)
    maps = SweptMaps.read(CamFolder(args.export_dir, args.data_root), args.split)
    sys.stdout.writelines(f'{line}\n' for line in lines(maps, args.draws, args.seed))


if __name__ == '__main__':
    run(main)
