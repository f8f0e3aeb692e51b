"""Writing a data set in PASCAL VOC's layout, each file whole or not there."""
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..utils.files import atomic_write
from .class_lists import BACKGROUND


def write_lists(root: str | os.PathLike, classes: Sequence[str],
                splits: Mapping[str, Sequence[str]],
                labels: Mapping[str, Sequence[str]]) -> None:
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
    rows = [f'{stem},{" ".join(names)}' for stem, names in labels.items()]
    write_lines(root / 'image_labels.csv', ['image,labels', *rows])


def write_lines(path: str | os.PathLike, lines: Sequence[str]) -> None:
    """Write a text file, one line each.

    Args:
        path (str | PathLike): The file; its folder is made.
        lines (Sequence[str]): Lines without their ends.
    """
    with atomic_write(path) as file:
        file.write(('\n'.join(lines) + '\n').encode())
