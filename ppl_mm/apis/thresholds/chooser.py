"""Chooses the threshold of an export, by masks or by the maps alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...cams import common_cut
from ...cams.auto_threshold import MapStatistics
from ...cams.expected_area import Area
from ...cams.threshold_choice import AUTO, ThresholdChoice
from ...errors import UserError
from ...evaluation import ThresholdSweep, evaluate_folder, summarize
from ...evaluation.confusion import mean_scores
from ...evaluation.threshold_sweep import DEFAULT_THRESHOLDS
from ...formats.cam_file import read_cam
from ...formats.data_record import BoxShares
from ...formats.export_folder import ExportFolder
from ...formats.ground_truth import GroundTruth
from ...utils.progress import track
from ...utils.text import first_few

#: As many masks weigh as much as the threshold that the maps alone chose.
PRIOR_MASKS = 10
#: As many masks that show a class weigh as much as the threshold that all classes share.
PRIOR_MASKS_OF_CLASS = 3


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
    still the larger part, with hundreds it is nothing. And each class gets its own, since objects
    of different sizes are best cut at different ones: the mean of that threshold and of the best
    one of the class, in which the former counts as much as :data:`PRIOR_MASKS_OF_CLASS` masks.

    Args:
        folder: Holds the CAMs.
        truth: The masks.
        image_ids: The images of the split.
        classes: Foreground classes.
        split: Its name, for the record.
        prior: What the maps alone chose. Defaults to None: the masks decide alone, one threshold
            for all classes.

    Raises:
        UserError: If a file is missing or damaged, or all pixels are void.
    """
    sweep = evaluate_folder(folder.cam_dir, truth, image_ids, len(classes))
    try:
        best, _ = sweep.best()
    except ValueError as error:
        raise UserError(
            f'split {split}: no threshold can be chosen on it, its masks '
            'hold nothing but void; give --threshold, or another split'
        ) from error
    value, own, used = best, {}, sweep
    if prior is not None:
        known = prior.threshold(classes)
        shared = prior.value if isinstance(known, list) else known
        value = between(shared, best, PRIOR_MASKS, len(image_ids))
        own = thresholds_of_classes(sweep, classes, value, prior.by_class)
    choice = ThresholdChoice(value, by_class=own, auto=prior is not None)
    cuts = choice.threshold(classes)
    cut = common_cut(cuts)
    if own:
        used = evaluate_folder(folder.cam_dir, truth, image_ids, len(classes), [cut], used=cuts)
    confusion = used.confusion(cut)
    chosen = dict(
        split=split,
        num_images=len(image_ids),
        negatives_without_mask=sweep.num_assumed,
        threshold=value,
        mIoU=float(mean_scores(confusion)['mIoU']),
        curve=sweep.curve(),
        scores=summarize(confusion, ['background', *classes]),
    )
    if prior is not None:
        chosen |= dict(best_of_masks=best, prior=prior.origin, prior_threshold=shared)
    if own:
        chosen['by_class'] = own
    return replace(choice, origin=chosen)


def thresholds_of_classes(
    sweep: ThresholdSweep, classes: Sequence[str], shared: float, priors: Mapping[str, float]
) -> dict[str, float]:
    """Return the thresholds of the classes, by name; nothing for a single class.

    Args:
        sweep: A few images, their maps as they are.
        classes: Foreground classes.
        shared: The threshold of all.
        priors: What chose without masks for some classes, by name.
    """
    if len(classes) < 2:
        return {}
    best = _best_of_classes(sweep, shared)
    return {
        name: between(priors.get(name, shared), one, PRIOR_MASKS_OF_CLASS, int(masks))
        for name, one, masks in zip(classes, best, sweep.images_of, strict=True)
    }


def _best_of_classes(sweep: ThresholdSweep, shared: float) -> Iterator[float]:
    """Return each class's threshold of the best mIoU, the others being cut at the shared one."""
    matrices, fixed = sweep.confusion(), sweep.confusion(shared)  # (T, n + 1, n + 2)
    for column in range(1, sweep.num_classes + 1):
        tried = np.repeat(fixed[None], len(matrices), axis=0)
        tried[..., column] = matrices[..., column]
        tried[..., 0] += fixed[:, column] - matrices[..., column]
        yield sweep.thresholds[int(mean_scores(tried)['mIoU'].argmax())]


def between(prior: float, best: float, prior_masks: int, masks: int) -> float:
    """Return a threshold of a sweep between one that masks did not choose and their best.

    Args:
        prior: The former.
        best: The latter.
        prior_masks: As many masks weigh as much as the former.
        masks: How many there are.
    """
    mean = (prior_masks * prior + masks * best) / (prior_masks + masks)
    return min(DEFAULT_THRESHOLDS, key=lambda cut: abs(cut - mean))


def choose_by_maps(
    folder: ExportFolder,
    image_ids: Sequence[str],
    classes: Sequence[str],
    choice: ThresholdChoice,
    boxes: BoxShares | None = None,
    probed: bool = False,
) -> ThresholdChoice:
    """Return a threshold that no mask has chosen, with how it was chosen.

    A class gets its own where its threshold is given; where more is known of its objects: how
    much of an image they cover, or at most cover since their boxes do; and where its maps are
    small, see :meth:`.MapStatistics.compact_cuts`. An expected area overrules boxes, and both
    overrule maps.

    Raises:
        UserError: If a file is missing or damaged.
    """
    seen, boxes = MapStatistics(), boxes or BoxShares()
    for image_id in track(image_ids, 'choosing a threshold'):
        seen.update(read_cam(folder.cam_path(image_id)))
    limits = dict(choice.area_of)
    if choice.expected_area is None and not limits:
        limits = {name: (0.0, share) for name, share in boxes.of_class.items()}
    chosen = seen.choose(choice.expected_area, boxes.all, probed)
    start = seen.choose(choice.expected_area, probed=probed).value
    higher = {} if choice.expected_area else seen.compact_cuts(chosen.value)
    own = {classes[class_id]: cut for class_id, cut in higher.items()}
    starts = dict.fromkeys(classes, start) | own
    own |= dict(_fitting(seen, starts, limits)) | dict(choice.by_class)
    small = [name for name in own if name not in limits and name not in choice.by_class]
    found = ThresholdChoice(chosen.value, by_class=own, auto=True)
    rule = _rule(chosen.rule, choice, limits, small)
    origin: dict = {AUTO: rule, 'num_images': chosen.num_images}
    if own:
        origin['by_class'] = own
    origin['covered'] = seen.covered_by(found.threshold(classes)) if own else chosen.covered
    return replace(found, origin=origin)


def _fitting(
    seen: MapStatistics, starts: Mapping[str, float], limits: Mapping[str, Area]
) -> Iterator[tuple[str, float]]:
    """Return the thresholds at which labels of classes cover what is known of them, by name.

    ``starts`` has that of each class, in their order, if nothing were known.
    """
    for class_id, name in enumerate(starts):
        of_class = seen.of_class(class_id)
        if name in limits and of_class.num_images:
            yield name, of_class.within(starts[name], *limits[name])


def _rule(
    rule: str, choice: ThresholdChoice, limits: Mapping[str, Area], small: Sequence[str]
) -> str:
    """Return what chose the threshold, and what those of classes."""
    parts = [rule]
    if choice.area_of:
        parts.append(f'expected area of {first_few(choice.area_of)}')
    elif limits:
        parts.append(f'at most the boxes of {first_few(limits)}')
    if small:
        parts.append(f'higher for {first_few(small)}, whose maps are small')
    if choice.by_class:
        parts.append(f'given for {first_few(choice.by_class)}')
    return '; '.join(parts)
