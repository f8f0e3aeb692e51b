"""Which images of a split show what the background looks like."""

from mmengine.dataset import BaseDataset

from ...utils.spread import spread

#: Fewer images say nothing.
MIN_IMAGES = 10
#: More change little, and each costs as much as an image to export.
MAX_IMAGES = 60


def pick_images(dataset: BaseDataset) -> list[int]:
    """Return the positions of the images that are looked at, evenly spaced; none if too few.

    Args:
        dataset: With ``gt_label`` where the classes of an image are known; others are left out.
    """
    known = [k for k in range(len(dataset)) if 'gt_label' in dataset.get_data_info(k)]
    return spread(known, MAX_IMAGES) if len(known) >= MIN_IMAGES else []
