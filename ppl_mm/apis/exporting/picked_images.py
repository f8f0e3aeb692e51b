"""Which images of a split say something about all maps: evenly spread, none if they are too few."""

from mmengine.dataset import BaseDataset

from ...utils.spread import spread

#: Fewer images, or negatives, say nothing.
MIN_IMAGES = MIN_NEGATIVES = 10
#: More change little, and each costs as much as an image to export.
MAX_IMAGES, MAX_NEGATIVES = 60, 200
#: A probe learns of each class from few of them; 200 are nearly as good.
MAX_PROBED = 300


def pick_images(dataset: BaseDataset, most: int = MAX_IMAGES) -> list[int]:
    """Return the positions of at most so many images whose classes are known."""
    known = [k for k in range(len(dataset)) if 'gt_label' in dataset.get_data_info(k)]
    return spread(known, most) if len(known) >= MIN_IMAGES else []


def pick_negatives(dataset: BaseDataset) -> list[int]:
    """Return the positions of negatives, which show how strong maps of absent classes are."""
    found = [k for k in range(len(dataset)) if dataset.get_data_info(k).get('gt_label') == []]
    return spread(found, MAX_NEGATIVES) if len(found) >= MIN_NEGATIVES else []
