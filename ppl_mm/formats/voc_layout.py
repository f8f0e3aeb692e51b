"""Where the files of a data set in PASCAL VOC's layout are, and writing its lists."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from ..utils.files import write_bytes
from .class_list import BACKGROUND, check_same_classes, label_names, read_label_names
from .image_list import read_ids

#: Foreground classes of PASCAL VOC, in the order of its labels 1 to 20.
VOC_CLASSES = tuple(
    (
        'aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike '
        'person pottedplant sheep sofa train tvmonitor'
    ).split()
)


class VOCLayout:
    """Where the files of a data set in PASCAL VOC's layout are.

    Args:
        root: Folder of the data set.

    Attributes:
        image_dir: The folder of images.
        mask_dir: The folder of masks.
        corrected_dir: The folder of masks that a user has corrected.
        annotation_dir: The folder of XML files, one per image.
        split_dir: The folder of the splits' lists.
        class_file: The list of classes, background first, see :func:`.class_list.read_label_names`.
        label_file: The CSV of image-level labels.

    Examples:
        >>> VOCLayout('data/mine').mask_path('cats/01').as_posix()
        'data/mine/SegmentationClass/cats/01.png'
    """

    #: Folders and files below the root, as configs name them.
    IMAGES: ClassVar[str] = 'JPEGImages'
    MASKS: ClassVar[str] = 'SegmentationClass'
    SPLITS: ClassVar[str] = 'ImageSets/Segmentation'
    ANNOTATIONS: ClassVar[str] = 'Annotations'
    CLASSES: ClassVar[str] = 'classes.txt'
    LABELS: ClassVar[str] = 'image_labels.csv'
    JSON_LABELS: ClassVar[str] = 'image_labels.json'
    #: Masks that a user has corrected, and the list of the training images among them.
    CORRECTED: ClassVar[str] = 'Corrected'
    CORRECTED_SPLIT: ClassVar[str] = 'corrected'

    def __init__(self, root: str | os.PathLike) -> None:
        self.root = Path(root)
        self.image_dir = self.root / self.IMAGES
        self.mask_dir = self.root / self.MASKS
        self.corrected_dir = self.root / self.CORRECTED
        self.annotation_dir = self.root / self.ANNOTATIONS
        self.split_dir = self.root / self.SPLITS
        self.class_file = self.root / self.CLASSES
        self.label_file = self.root / self.LABELS

    def image_path(self, image_id: str, suffix: str = '.jpg') -> Path:
        """Return where to write an image; see :class:`.ImageFolder` for finding one."""
        return self.image_dir / f'{image_id}{suffix}'

    def mask_path(self, image_id: str) -> Path:
        """Return the path of the mask of an image."""
        return self.mask_dir / f'{image_id}.png'

    def corrected_path(self, image_id: str) -> Path:
        """Return the path of the corrected mask of an image."""
        return self.corrected_dir / f'{image_id}.png'

    def annotation_path(self, image_id: str) -> Path:
        """Return the path of the XML file of an image."""
        return self.annotation_dir / f'{image_id}.xml'

    def split_path(self, split: str) -> Path:
        """Return the path of the list of a split."""
        return self.split_dir / f'{split}.txt'

    def read_split(self, split: str) -> list[str]:
        """Read the image ids of a split, in order, see :func:`.image_list.read_ids`."""
        return read_ids(self.split_path(split))

    def read_classes(self) -> tuple[str, ...]:
        """Read the foreground classes."""
        return self.read_label_names()[1:]

    def read_label_names(self) -> tuple[str, ...]:
        """Read what the values of its masks mean, see :func:`.class_list.read_label_names`."""
        return read_label_names(self.class_file)

    @property
    def has_class_file(self) -> bool:
        """Whether there is a list of classes, even one that is a link to nothing."""
        return os.path.lexists(self.class_file)

    @property
    def has_background(self) -> bool:
        """Whether a pixel may be of no class; True also where there is no list of classes."""
        return not self.has_class_file or self.read_label_names()[0] == BACKGROUND

    def check_classes(self, classes: Sequence[str], where: str) -> None:
        """Refuse foreground classes, of what ``where`` says, that differ from the listed ones."""
        if self.has_class_file:
            check_same_classes(self.read_classes(), str(self.class_file), classes, where)


def write_lists(
    root: str | os.PathLike,
    classes: Sequence[str],
    splits: Mapping[str, Sequence[str]],
    labels: Mapping[str, Sequence[str]],
    background: bool = True,
) -> None:
    """Write classes.txt, the split lists and image_labels.csv.

    Args:
        root: Folder of the data set.
        classes: Foreground classes; the background is added.
        splits: From the name of a split to its image ids.
        labels: From image id to names of classes, none for a negative.
        background: False where every pixel belongs to a class. Defaults to True.
    """
    layout = VOCLayout(root)
    for split, ids in splits.items():
        write_lines(layout.split_path(split), ids)
    write_lines(layout.class_file, label_names(classes, background))
    write_labels(layout.label_file, labels)


def write_labels(path: str | os.PathLike, labels: Mapping[str, Sequence[str]]) -> None:
    """Write a CSV of image-level labels, as ``read_labels`` reads them; see :func:`write_lists`."""
    # One separator in the file: 'a b' is two classes, or one with a space.
    spaced = any(len(name.split()) > 1 for names in labels.values() for name in names)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(['image', 'labels'])
    writer.writerows(
        (image, (';' if spaced else ' ').join(names)) for image, names in labels.items()
    )
    write_bytes(path, text.getvalue().encode())


def write_lines(path: str | os.PathLike, lines: Sequence[str]) -> None:
    """Write a text file of lines; its folder is made."""
    write_bytes(path, ('\n'.join(lines) + '\n').encode())
