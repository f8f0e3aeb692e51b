"""How rare the classes of a data set are, for the classifiers of configs/own."""

import os
from collections import Counter

from ...errors import UserError
from ...formats.image_labels.label_file import find_label_file, read_labels
from ...formats.image_list import image_id
from ...formats.voc_layout import VOCLayout


def read_class_shares(root: str | os.PathLike) -> list[float] | None:
    """Return the share of the training images that show each class, for configs.

    An image more that shows a class, and one more that does not, keep it between 0 and 1. Images
    whose classes are not known do not count. Labels say nothing about a class that all images
    show: a half, as if it were not told, leaves it a map.

    Returns:
        One for each class; None where there are no labels to count, or they cannot be read, which
        whoever trains on them is told. None, too, where every pixel belongs to a class: no map is
        cut at 0 there, and whether shares help has not been measured.
    """
    layout = VOCLayout(root)
    try:
        if not layout.has_background:
            return None
        classes, train = layout.read_classes(), set(layout.read_split('train'))
        rows = read_labels(find_label_file(root) or layout.label_file, classes).rows
    except (OSError, UserError):
        return None
    shown: dict[str, set[str]] = {}
    for row in rows:
        if (name := image_id(row.image)) in train:
            shown.setdefault(name, set()).update(row.names)
    counts = Counter(name for names in shown.values() for name in names)
    return [_share(counts[name], len(shown)) for name in classes]


def _share(count: int, images: int) -> float:
    return 0.5 if count == images else (count + 1) / (images + 2)
