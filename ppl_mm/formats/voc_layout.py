"""Writing a data set in PASCAL VOC's layout, each file whole or not there."""

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
        root (str | PathLike): Folder of the data set.
        classes (Sequence[str]): Foreground classes; the background is added.
        splits (Mapping): From the name of a split to its stems.
        labels (Mapping): From stem to names of classes.
    """
    root = Path(root)
    for split, stems in splits.items():
        write_lines(root / f'ImageSets/Segmentation/{split}.txt', stems)
    write_lines(root / 'classes.txt', [BACKGROUND, *classes])
    write_labels(root / 'image_labels.csv', labels)


def write_labels(path: str | os.PathLike, labels: Mapping[str, Sequence[str]]) -> None:
    """Write a CSV of image-level labels.

    Args:
        path (str | PathLike): The file; its folder is made.
        labels (Mapping): From stem to names of classes.
    """
    rows = ['image,labels']
    for stem, names in labels.items():
        between = ';' if any(' ' in name for name in names) else ' '
        text = between.join(names)
        if set(text) & set(',"'):  # as CSV protects them
            text = '"' + text.replace('"', '""') + '"'
        rows.append(f'{stem},{text}')
    write_lines(path, rows)


def write_lines(path: str | os.PathLike, lines: Sequence[str]) -> None:
    """Write a text file, one line each.

    Args:
        path (str | PathLike): The file; its folder is made.
        lines (Sequence[str]): Lines without their ends.
    """
    with atomic_write(path) as file:
        file.write(('\n'.join(lines) + '\n').encode())
