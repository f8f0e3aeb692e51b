"""Which images of a split say something about all maps: evenly spread, none if they are too few."""

from mmengine.dataset import BaseDataset

from ...utils.spread import spread

#: Fewer images, or negatives, say nothing.
MIN_IMAGES = MIN_NEGATIVES = 10
#: More change little, and each costs as much as an image to export.
MAX_IMAGES, MAX_NEGATIVES = 60, 200


def pick_images(dataset: BaseDataset) -> list[int]:
    """Return the positions of images whose classes are known, which show the background."""
    known = [k for k in range(len(dataset)) if 'gt_label' in dataset.get_data_info(k)]
    return spread(known, MAX_IMAGES) if len(known) >= MIN_IMAGES else []


def pick_negatives(dataset: BaseDataset) -> list[int]:
    """Return the positions of negatives, which show how strong maps of absent classes are."""
    found = [k for k in range(len(dataset)) if dataset.get_data_info(k).get('gt_label') == []]
    return spread(found, MAX_NEGATIVES) if len(found) >= MIN_NEGATIVES else []
