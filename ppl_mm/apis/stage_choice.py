"""Which of two stages has the better maps, by masks or without any."""

from dataclasses import dataclass

import numpy as np

from ..errors import UserError
from ..evaluation import evaluate_labels
from ..evaluation.confusion import mean_scores
from ..formats.ground_truth import GroundTruth
from ..formats.mask_file import read_mask
from ..refine import RefinerChain
from ..utils.progress import track
from ..utils.spread import spread
from .exporting.cam_folder import CamFolder
from .refining.image_refiner import refine_image

#: More images change little.
MAX_IMAGES = 100
#: By how much (IoU) a CRF must agree more with the labels of a later stage. Smaller differences say
#: nothing: on small defects a CRF leaves hardly any label as it is.
MARGIN = 0.02
#: A later stage that changes more of what is labelled has run away, or seen something else.
MOST_CHANGED = 0.5
# Labels are compared at about 160 x 120 pixels, since maps have no more detail. The CRF is that of
# configs/own, for images of that size.
_PIXELS = 160 * 120
_REFINERS = (dict(type='ppl_mm.DenseCRF', preset='irn', scale=0.4),)


@dataclass(frozen=True)
class StageChoice:
    """Which of two stages is kept, and why.

    Args:
        later: Whether it is the later one.
        stage: Its number, 1 or more.
        why: In a few words.
        before: What was measured of the stage before.
        after: The same of the later one.
        num_images: Of so many images.
    """

    later: bool
    stage: int
    why: str
    before: float
    after: float
    num_images: int

    def line(self) -> str:
        """Return what to tell the user."""
        return f'stage {self.stage} is kept: {self.why}'


def choose_by_masks(
    before: CamFolder, after: CamFolder, truth: GroundTruth, split: str, stage: int
) -> StageChoice:
    """Return the stage whose pseudo-labels have the higher mIoU; the later one of equals.

    Args:
        before: Export of the stage before.
        after: Export of the later one.
        truth: Masks.
        split: Images that have one.
        stage: Number of the later one.

    Raises:
        UserError: If a mask or a label is missing, or the masks show nothing but void.
    """
    ids = before.image_ids(split)
    first, second = (_miou(folder, truth, split, ids) for folder in (before, after))
    why = (
        f'on {len(ids)} images of {split} with masks, the labels of stage {stage} have '
        f'{100 * second:.1f} % mIoU, those of stage {stage - 1} {100 * first:.1f} %'
    )
    later = second >= first
    return StageChoice(later, stage if later else stage - 1, why, first, second, len(ids))


def _miou(folder: CamFolder, truth: GroundTruth, split: str, ids: list[str]) -> float:
    matrix = evaluate_labels(folder.files.label_dir, truth, ids, len(folder.classes))
    if not matrix.any():
        raise UserError(
            f'{truth.mask_dir}: the masks of {split} hold nothing but void; draw some classes'
        )
    return float(mean_scores(matrix)['mIoU'])


def choose_by_maps(before: CamFolder, after: CamFolder, split: str, stage: int) -> StageChoice:
    """Return the later stage if a CRF agrees with its labels more, and they are not quite others.

    Of images with a class, the mean IoU of each label with what a CRF makes of the same map, which
    must be :data:`MARGIN` higher: labels that do not follow the image lose. And the later stage is
    not kept if it labels other pixels: more than :data:`MOST_CHANGED` of what one of both stages
    labels. See docs/two_trainings.md. For the arguments see :func:`choose_by_masks`.

    Raises:
        UserError: If a file is missing, or pydensecrf is not installed.
    """
    ids = _with_classes(before, before.image_ids(split))
    first, second = (_agreement(folder, ids) for folder in (before, after))
    changed = _changed(before, after, ids)
    why = (
        f'of {len(ids)} images, a CRF leaves {100 * second:.0f} % of the labels of stage {stage} '
        f'as they are, and {100 * first:.0f} % of those of stage {stage - 1} (mean IoU); stage '
        f'{stage} changes {100 * changed:.0f} % of what is labelled'
    )
    later = second - first >= MARGIN and changed <= MOST_CHANGED
    return StageChoice(later, stage if later else stage - 1, why, first, second, len(ids))


def _with_classes(folder: CamFolder, ids: list[str]) -> list[str]:
    """Return images with a class, at most :data:`MAX_IMAGES`, evenly spread."""
    return [one for one in spread(ids, MAX_IMAGES) if len(folder.read_cam(one).class_ids)]


def _agreement(folder: CamFolder, ids: list[str]) -> float:
    """Return the mean IoU of labels and refined labels."""
    start = dict(type='ppl_mm.ConstantBackground', threshold=folder.record.map_threshold or 0.0)
    background = folder.record.background
    chain = RefinerChain([start, *_REFINERS], max_pixels=_PIXELS, background=background)
    found = []
    for image_id in track(ids, 'comparing stages'):
        refined, _ = refine_image(chain, *folder.read(image_id))
        same, either = _overlap(_label(folder, image_id), refined)
        found.append(same / max(either, 1))
    return float(np.mean(found)) if found else 0.0


def _changed(before: CamFolder, after: CamFolder, ids: list[str]) -> float:
    """Return 1 minus the IoU of both stages' labels, all images counted together."""
    pixels = [_overlap(_label(before, one), _label(after, one)) for one in ids]
    same, either = np.sum(pixels, axis=0) if pixels else (0, 0)
    return float(1 - same / max(either, 1))


def _label(folder: CamFolder, image_id: str) -> np.ndarray:
    return read_mask(folder.files.label_path(image_id))


def _overlap(label: np.ndarray, other: np.ndarray) -> tuple[int, int]:
    """Return how many pixels have the same class in both labels, and how many have one in one."""
    shown = (label > 0) | (other > 0)
    return int(((label == other) & shown).sum()), int(shown.sum())
