"""Writing a data set in PASCAL VOC's layout, each file whole or not there."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..utils.files import atomic_write
from .class_list import BACKGROUND

#: Foreground classes of PASCAL VOC, in the order of its labels 1 to 20.
VOC_CLASSES = (
    'aeroplane',
    'bicycle',
    'bird',
    'boat',
    'bottle',
    'bus',
    'car',
    'cat',
    'chair',
    'cow',
    'diningtable',
    'dog',
    'horse',
    'motorbike',
    'person',
    'pottedplant',
    'sheep',
    'sofa',
    'train',
    'tvmonitor',
)


def write_lists(
    root: str | os.PathLike,
    classes: Sequence[str],
    splits: Mapping[str, Sequence[str]],
    labels: Mapping[str, Sequence[str]],
) -> None:
    """Write classes.txt, the split lists and image_labels.csv.

    Args:
        root: Folder of the data set.
        classes: Foreground classes; the background is added.
        splits: From the name of a split to its image ids.
        labels: From image id to names of classes, none for a negative.
    """
    root = Path(root)
    for split, ids in splits.items():
        write_lines(root / f'ImageSets/Segmentation/{split}.txt', ids)
    write_lines(root / 'classes.txt', [BACKGROUND, *classes])
    write_labels(root / 'image_labels.csv', labels)


def write_labels(path: str | os.PathLike, labels: Mapping[str, Sequence[str]]) -> None:
    """Write a CSV of image-level labels, as ``read_labels`` reads them.

    Args:
        path: The file; its folder is made.
        labels: From image id to names of classes, none for a negative.
    """
    # One separator in the file: 'a b' is two classes, or one with a space.
    spaced = any(len(name.split()) > 1 for names in labels.values() for name in names)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(['image', 'labels'])
    writer.writerows(
        (image, (';' if spaced else ' ').join(names)) for image, names in labels.items()
    )
    with atomic_write(path) as file:
        file.write(text.getvalue().encode())


def write_lines(path: str | os.PathLike, lines: Sequence[str]) -> None:
    """Write a text file of lines.

    Args:
        path: The file; its folder is made.
        lines: Lines without their ends.
    """
    with atomic_write(path) as file:
        file.write(('\n'.join(lines) + '\n').encode())
