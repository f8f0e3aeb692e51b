"""Chooses the threshold of an export, by masks or by the maps alone."""

from collections.abc import Sequence
from dataclasses import asdict

from ..cams import choose_threshold
from ..errors import UserError
from ..evaluation import evaluate_folder, summarize
from ..formats.cam_file import read_cam
from ..formats.export_folder import ExportFolder
from ..formats.ground_truth import GroundTruth
from ..utils.progress import track
from .threshold_choice import AUTO, ThresholdChoice


def choose_by_masks(
    folder: ExportFolder,
    truth: GroundTruth,
    image_ids: Sequence[str],
    classes: Sequence[str],
    split: str,
) -> ThresholdChoice:
    """Return the threshold of the best mIoU, with how it was chosen.

    Args:
        folder: Holds the CAMs.
        truth: The masks.
        image_ids: The images of the split.
        classes: Foreground classes.
        split: Its name, for the record.

    Raises:
        UserError: If a file is missing or damaged, or all pixels are void.
    """
    sweep = evaluate_folder(folder.cam_dir, truth, image_ids, len(classes))
    try:
        threshold, miou = sweep.best()
    except ValueError as error:
        raise UserError(
            f'split {split}: no threshold can be chosen on it, its masks '
            'hold nothing but void; give --threshold, or another split'
        ) from error
    chosen = dict(
        split=split,
        num_images=len(image_ids),
        negatives_without_mask=sweep.num_assumed,
        threshold=threshold,
        mIoU=miou,
        curve=sweep.curve(),
        scores=summarize(sweep.confusion(threshold), ['background', *classes]),
    )
    return ThresholdChoice(threshold, chosen)


def choose_by_maps(
    folder: ExportFolder, image_ids: Sequence[str], expected_area: tuple[float, float] | None = None
) -> ThresholdChoice:
    """Return a threshold that no mask has chosen, with how it was chosen.

    Args:
        folder: Holds the CAMs.
        image_ids: The images of the split.
        expected_area: See :class:`ThresholdChoice`.

    Raises:
        UserError: If a file is missing or damaged, or no image has a class.
    """
    paths = [folder.cam_path(image_id) for image_id in image_ids]
    chosen = choose_threshold(map(read_cam, track(paths, 'choosing a threshold')), expected_area)
    found = asdict(chosen)
    value = found.pop('value')
    return ThresholdChoice(value, {AUTO: found.pop('rule'), **found}, auto=True)
