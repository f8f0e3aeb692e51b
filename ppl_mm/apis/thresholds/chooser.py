"""Chooses the threshold of an export, by masks or by the maps alone."""

from collections.abc import Sequence
from dataclasses import asdict

from ...cams import choose_threshold
from ...errors import UserError
from ...evaluation import evaluate_folder, summarize
from ...evaluation.confusion import mean_scores
from ...evaluation.threshold_sweep import DEFAULT_THRESHOLDS
from ...formats.cam_file import read_cam
from ...formats.export_folder import ExportFolder
from ...formats.ground_truth import GroundTruth
from ...utils.progress import track
from .choice import AUTO, ThresholdChoice

#: As many masks weigh as much as the threshold that the maps alone chose.
PRIOR_MASKS = 10


def choose_by_masks(
    folder: ExportFolder,
    truth: GroundTruth,
    image_ids: Sequence[str],
    classes: Sequence[str],
    split: str,
    prior: ThresholdChoice | None = None,
) -> ThresholdChoice:
    """Return the threshold of the best mIoU, with how it was chosen.

    The best threshold of a few masks is a matter of chance. So with a prior it is the mean of
    both, in which the prior counts as much as :data:`PRIOR_MASKS` masks: with five masks it is
    still the larger part, with hundreds it is nothing.

    Args:
        folder: Holds the CAMs.
        truth: The masks.
        image_ids: The images of the split.
        classes: Foreground classes.
        split: Its name, for the record.
        prior: What the maps alone chose. Defaults to None: the masks decide alone.

    Raises:
        UserError: If a file is missing or damaged, or all pixels are void.
    """
    sweep = evaluate_folder(folder.cam_dir, truth, image_ids, len(classes))
    try:
        best, miou = sweep.best()
    except ValueError as error:
        raise UserError(
            f'split {split}: no threshold can be chosen on it, its masks '
            'hold nothing but void; give --threshold, or another split'
        ) from error
    threshold = best if prior is None else _towards(prior.value, best, len(image_ids))
    confusion = sweep.confusion(threshold)
    chosen = dict(
        split=split,
        num_images=len(image_ids),
        negatives_without_mask=sweep.num_assumed,
        threshold=threshold,
        mIoU=miou if threshold == best else float(mean_scores(confusion)['mIoU']),
        curve=sweep.curve(),
        scores=summarize(confusion, ['background', *classes]),
    )
    if prior is not None:
        chosen |= dict(best_of_masks=best, prior=prior.origin, prior_threshold=prior.value)
    return ThresholdChoice(threshold, chosen, auto=prior is not None)


def _towards(prior: float, best: float, num_masks: int) -> float:
    """Return a threshold of the sweep between that of the maps and that of the masks."""
    mean = (PRIOR_MASKS * prior + num_masks * best) / (PRIOR_MASKS + num_masks)
    return min(DEFAULT_THRESHOLDS, key=lambda cut: abs(cut - mean))


def choose_by_maps(
    folder: ExportFolder,
    image_ids: Sequence[str],
    expected_area: tuple[float, float] | None = None,
    box_share: float | None = None,
) -> ThresholdChoice:
    """Return a threshold that no mask has chosen, with how it was chosen.

    Args:
        folder: Holds the CAMs.
        image_ids: The images of the split.
        expected_area: See :class:`ThresholdChoice`.
        box_share: See :func:`.read_box_share`. Defaults to None: not known.

    Raises:
        UserError: If a file is missing or damaged.
    """
    paths = [folder.cam_path(image_id) for image_id in image_ids]
    cams = map(read_cam, track(paths, 'choosing a threshold'))
    chosen = choose_threshold(cams, expected_area, box_share)
    found = asdict(chosen)
    value = found.pop('value')
    return ThresholdChoice(value, {AUTO: found.pop('rule'), **found}, auto=True)
