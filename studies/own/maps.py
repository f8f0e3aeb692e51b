"""What maps and networks are worth on a user's data: foreground IoU, and paint on negatives."""

import numpy as np

from ppl_mm.apis import SegInferencer
from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.apis.refining.image_refiner import refine_image
from ppl_mm.cams import common_cut, label_from_cam
from ppl_mm.evaluation import ThresholdSweep
from ppl_mm.evaluation.confusion import class_scores, confusion_matrix, mean_scores
from ppl_mm.formats.cam_file import CamFile
from ppl_mm.formats.export_record import Threshold
from ppl_mm.formats.ground_truth import GroundTruth, read_negatives
from ppl_mm.formats.image_folder import ImageFolder
from ppl_mm.formats.voc_layout import VOCLayout
from ppl_mm.refine import RefinerChain

#: The threshold of IRN, which was the default until there was one without masks.
FIXED = 0.15


def measure_maps(maps: CamFolder, split: str, cut: Threshold, device: str) -> dict:
    """Return the scores of CAM seeds and of labels that PAMR refines, at some thresholds.

    PAMR refines each channel by the same weights and leaves a constant background as it is, so
    that one pass serves all thresholds.

    Args:
        maps: The maps.
        split: The images.
        cut: The threshold that no mask chose, or one for each class; other thresholds are then
            those of maps that :func:`ppl_mm.cams.level` has brought to one scale.
        device: Where PAMR computes.
    """
    truth, negatives = GroundTruth(maps.layout.mask_dir), read_negatives(maps.data_root)
    cutting = dict(type='ppl_mm.ConstantBackground', threshold=cut)
    chain = RefinerChain([dict(type='ppl_mm.PAMR', device=device), cutting])
    seeds, refined = _Counts(len(maps.classes), cut), _Counts(len(maps.classes))
    for image_id in maps.image_ids(split):
        image, file = maps.read(image_id)
        mask, negative = truth.read(image_id, file.size), image_id in negatives
        seeds.update(file, label_from_cam(file, cut), mask, negative)
        label, file = refine_image(chain, image, file)
        refined.update(file, label, mask, negative)
    found = {
        name: counts.scores(common_cut(cut))
        for name, counts in (('seeds', seeds), ('refined', refined))
    }
    miou = found['refined']['miou']['auto']
    return dict(split=split, images=seeds.sweep.num_images, mIoU=miou, **found)


def measure_labels(network: SegInferencer, data_root: str, split: str) -> dict:
    """Return the scores of a network on a split; it alone says which classes an image has."""
    layout = VOCLayout(data_root)
    truth, negatives = GroundTruth(layout.mask_dir), read_negatives(data_root)
    classes, paint = len(layout.read_classes()), _Paint()
    images, total = ImageFolder(layout.image_dir), 0
    for image_id in layout.read_split(split):
        (found,) = network(images.find_id(image_id))['predictions']
        total += confusion_matrix(found['label'], truth.read(image_id, found['size']), classes)
        paint.update(found['label'], image_id in negatives)
    found = dict(foreground=foreground_iou(total), mIoU=float(mean_scores(total)['mIoU']))
    shown = dict(classes=[_rounded(one) for one in class_scores(total)['iou'][1:]])
    return {key: _rounded(value) for key, value in found.items()} | shown | paint.scores()


class _Counts:
    """A sweep, and how much of the images is painted at one threshold."""

    def __init__(self, classes: int, used: Threshold | None = None) -> None:
        self.sweep, self.paint = ThresholdSweep(classes, used=used), _Paint()

    def update(self, file: CamFile, label: np.ndarray, mask: np.ndarray, negative: bool) -> None:
        """Count one image: its maps, its label at one threshold, and its ground truth."""
        self.sweep.update(file, mask)
        self.paint.update(label, negative)

    def scores(self, cut: float) -> dict:
        """Return foreground IoU at each kind of threshold, with that threshold."""
        matrices, grid = self.sweep.confusion(), self.sweep.thresholds
        foreground = np.array([foreground_iou(one) for one in matrices])
        miou = mean_scores(matrices)['mIoU']
        cuts = dict(auto=cut, fixed=FIXED, half=0.5)
        places = {name: int(np.abs(np.array(grid) - one).argmin()) for name, one in cuts.items()}
        places['best'] = int(np.nanargmax(foreground))
        found = {name: [grid[k], _rounded(foreground[k])] for name, k in places.items()}
        found['miou'] = dict(auto=_rounded(miou[places['auto']]), best=_rounded(np.nanmax(miou)))
        classes = class_scores(matrices[places['auto']])['iou'][1:]
        return dict(found, classes=[_rounded(one) for one in classes], **self.paint.scores())


class _Paint:
    """How much is painted on negatives, and on how many of the other images."""

    def __init__(self) -> None:
        self.negatives, self.others = [], []

    def update(self, label: np.ndarray, negative: bool) -> None:
        """Count the label of one image."""
        painted = float((label > 0).mean())
        (self.negatives if negative else self.others).append(painted)

    def scores(self) -> dict:
        """Return mean shares: of painted pixels, and of images that are painted at all."""
        found = dict(covered=_rounded(np.mean(self.others)))
        found['painted'] = _rounded(np.mean(np.array(self.others) > 0))
        if self.negatives:
            found['false_paint'] = _rounded(np.mean(self.negatives))
        return found


def foreground_iou(confusion: np.ndarray) -> float:
    """Return the mean IoU of the classes, without the background."""
    return float(np.nanmean(class_scores(confusion)['iou'][1:]))


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
