"""What two stages made of the same images, and what that is worth."""

from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from ppl_mm.apis.refining.image_refiner import refine_image
from ppl_mm.cams import choose_threshold, label_from_cam
from ppl_mm.evaluation import confusion_matrix, mean_scores
from ppl_mm.formats.cam_file import CamFile, read_cam
from ppl_mm.formats.ground_truth import GroundTruth
from ppl_mm.formats.voc_layout import VOCLayout
from ppl_mm.refine import RefinerChain
from studies.engine.data_set import cam_dir, read_picture
from studies.own.maps import foreground_iou

#: Long side at which labels are made and measured; maps have no more detail.
SIDE = 160
#: Refines the labels of both stages, as configs/own/refine_self_trained_own.py on small images.
REFINERS = (dict(type='ppl_mm.DenseCRF', preset='irn', scale=0.4),)


@dataclass(frozen=True)
class Scene:
    """One image, small.

    Args:
        image_id: The image.
        image: uint8 RGB (H, W, 3).
        mask: Ground truth (H, W), which no criterion sees.
    """

    image_id: str
    image: np.ndarray
    mask: np.ndarray


@dataclass
class Stage:
    """Maps of one stage, and the labels that are made of them.

    Args:
        cams: CAM files by image id, of the small images' size.
        threshold: Where they are cut.
    """

    cams: dict[str, CamFile]
    threshold: float
    raw: dict[str, np.ndarray] = field(default_factory=dict)
    refined: dict[str, np.ndarray] = field(default_factory=dict)

    def label(self, scenes: list[Scene]) -> 'Stage':
        """Make the labels, unrefined and refined, and return the stage."""
        start = dict(type='ppl_mm.ConstantBackground', threshold=self.threshold)
        chain = RefinerChain([start, *REFINERS])
        for scene in scenes:
            cam = self.cams[scene.image_id]
            self.raw[scene.image_id] = label_from_cam(cam, self.threshold)
            self.refined[scene.image_id], _ = refine_image(chain, scene.image, cam)
        return self


def read_scenes(data: str, ids: list[str]) -> list[Scene]:
    """Return images and ground truth of a data set, small."""
    layout = VOCLayout(data)
    truth = GroundTruth(layout.mask_dir, layout.label_file)
    return [_scene(layout, truth, image_id) for image_id in ids]


def _scene(layout: VOCLayout, truth: GroundTruth, image_id: str) -> Scene:
    image = read_picture(layout, image_id)
    mask = Image.fromarray(truth.read(image_id, image.size[::-1]))
    image.thumbnail((SIDE, SIDE))
    mask = mask.resize(image.size, Image.Resampling.NEAREST)
    return Scene(image_id, np.asarray(image), np.asarray(mask))


def read_stage(export: str, scenes: list[Scene], threshold: float | None = None) -> Stage:
    """Return the maps of an export folder, or of one of CAM files.

    Args:
        export: The folder.
        scenes: The images, small.
        threshold: Where they are cut. Defaults to None: by the rule of auto.
    """
    cams = {
        one.image_id: replace(
            read_cam(cam_dir(export) / f'{one.image_id}.npz'), size=one.mask.shape
        )
        for one in scenes
    }
    if threshold is None:
        threshold = choose_threshold(cams.values()).value
    return Stage(cams, threshold).label(scenes)


def measure(labels: dict[str, np.ndarray], scenes: list[Scene], classes: int) -> dict:
    """Return mIoU with background, and of the classes alone."""
    total = sum(confusion_matrix(labels[one.image_id], one.mask, classes) for one in scenes)
    miou = float(mean_scores(total)['mIoU'])
    return dict(miou=round(miou, 4), foreground=round(foreground_iou(total), 4))


def spread(ids: list[str], limit: int) -> list[str]:
    """Return so many image ids, evenly spread."""
    return ids if len(ids) <= limit else [ids[k * len(ids) // limit] for k in range(limit)]
