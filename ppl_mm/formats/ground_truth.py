"""The ground truth of images: their masks, and what stands for a missing one."""

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from ..errors import UserError
from .image_folder import ImageFolder
from .image_labels.label_file import find_label_file, read_labels
from .image_list import image_id
from .mask_file import read_mask
from .voc_layout import VOCLayout


class GroundTruth:
    """The masks of a data set; a negative without a mask is all background.

    A negative is an image whose label is empty: it shows none of the classes, so its mask need not
    be drawn. Labels are read only if a mask is missing.

    Args:
        mask_dir: Holds ``<image id>.png``.
        label_file: The image-level labels. Defaults to None: those of the data set in VOC's layout
            that ``mask_dir`` lies in, if it has any.
        classes: Foreground classes of what is compared with the masks. Defaults to None: nothing
            is, or they are not known.

    Raises:
        UserError: The data set lists other classes, or the same ones in another order.

    Attributes:
        assumed: Ids of the negatives that were taken as all background.
    """

    def __init__(
        self,
        mask_dir: str | os.PathLike,
        label_file: str | os.PathLike | None = None,
        classes: Sequence[str] | None = None,
    ) -> None:
        self.mask_dir, self.label_file = Path(mask_dir), label_file
        if classes is not None:
            VOCLayout(self.mask_dir.parent).check_classes(classes, 'what is measured')
        self.assumed: set[str] = set()
        self._masks = ImageFolder(mask_dir, ('.png',)) if self.mask_dir.is_dir() else None

    def path(self, image: str) -> Path:
        """Return the path of the mask of an image id, where it is or where it should be."""
        found = self._masks and self._masks.find_id(image)
        return Path(found) if found else self.mask_dir / f'{image}.png'

    def is_known(self, image: str) -> bool:
        """Return whether an image id has a mask, or needs none, see :func:`read_negatives`."""
        return self.path(image).exists() or image in self._negatives

    def read(self, image: str, size: tuple[int, int]) -> np.ndarray:
        """Return the mask of an image id, uint8 (H, W); of ``size`` for a negative without one.

        Raises:
            UserError: The mask is missing or cannot be read, or the image-level labels are
                malformed.
        """
        self.check(image)
        path = self.path(image)
        if path.exists():
            return read_mask(path)
        self.assumed.add(image)
        return np.zeros(size, np.uint8)

    def check(self, image: str) -> None:
        """Refuse an image id that has no mask and needs one."""
        if not self.is_known(image):
            raise UserError(
                f'{self.path(image)}: no such mask; measuring needs a split with masks, give one '
                'with --split (an image with an empty label needs none)'
            )

    @cached_property
    def _negatives(self) -> frozenset[str]:
        """The ids of images with an empty label."""
        return read_negatives(self.mask_dir.parent, self.label_file)


def note_on_negatives(num_assumed: int) -> str:
    """Return what follows a number of images of which some negatives had no mask, '' if none."""
    if not num_assumed:
        return ''
    return f', {num_assumed} of them without a class or a mask, taken as all background'


def read_negatives(
    data_root: str | os.PathLike, label_file: str | os.PathLike | None = None
) -> frozenset[str]:
    """Return the ids of the images that show none of the classes.

    Args:
        data_root: Folder of the data set.
        label_file: Its image-level labels. Defaults to None: the label file in ``data_root``;
            there are no negatives if it has none.

    Raises:
        UserError: The labels, or the list of classes, are malformed.
    """
    path = label_file or find_label_file(data_root)
    if path is None:
        return frozenset()
    layout = VOCLayout(data_root)
    classes = layout.read_classes() if layout.has_class_file else ()
    rows = read_labels(path, classes).rows
    return frozenset(image_id(row.image) for row in rows if not row.names)
