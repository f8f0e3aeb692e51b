"""Make a small data set of some classes out of an official VOCdevkit.

python voc_subset.py VOCdevkit/VOC2012 --out data/voc6 --ids train.txt val.txt
--classes cat cow dog horse person sheep
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ppl_mm.data_tools.made_folder import MadeFolder
from ppl_mm.data_tools.own.masks import check_size
from ppl_mm.errors import UserError
from ppl_mm.formats.class_list import check_classes
from ppl_mm.formats.image_folder import ImageFolder
from ppl_mm.formats.image_labels.label_file import read_labels
from ppl_mm.formats.image_list import read_ids
from ppl_mm.formats.images.image_file import read_image
from ppl_mm.formats.images.photo import scaled_size
from ppl_mm.formats.mask_file import IGNORE, check_labels, read_mask, write_label
from ppl_mm.formats.voc_layout import VOC_CLASSES, VOCLayout, write_lists
from ppl_mm.utils import atomic_write
from ppl_mm.utils.cli import make_parser, run
from ppl_mm.utils.progress import track

_OTHER = 254  # a class that is not in the subset, while converting


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument('devkit', type=Path, help='VOCdevkit/VOC2012')
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument(
        '--ids',
        nargs='+',
        type=Path,
        required=True,
        help='lists of image ids; a list names its split',
    )
    parser.add_argument(
        '--classes', nargs='+', required=True, help='foreground classes in the order of their ids'
    )
    parser.add_argument('--long-side', type=int, default=320, help='pixels')
    parser.add_argument(
        '--masks',
        nargs='+',
        default=[VOCLayout.MASKS, 'SegmentationClassAug'],
        help="folders of masks below the devkit or absolute; an image's mask "
        'comes from the first that has it',
    )
    return parser.parse_args(argv)


def label_table(classes: Sequence[str]) -> np.ndarray:
    """Return from VOC's labels to the subset's, uint8 (256,): 0 and 255 stay, others are 254."""
    table = np.full(256, _OTHER, np.uint8)
    table[[0, IGNORE]] = 0, IGNORE
    for label, name in enumerate(classes, 1):
        table[VOC_CLASSES.index(name) + 1] = label
    return table


class Converter:
    """Converts one image after the other."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.table = label_table(args.classes)
        self.images = ImageFolder(VOCLayout(args.devkit).image_dir)
        folders = [args.devkit / folder for folder in args.masks]
        self.masks = [ImageFolder(folder, ('.png',)) for folder in folders if folder.is_dir()]

    def convert(self, image: str) -> list[str] | None:
        """Write image and mask, unless other classes are in the picture.

        Returns:
            The classes of the subset in it, by the XML; None if the image is left out.
        """
        path = self._mask_path(image)
        mask = read_mask(path)
        check_labels(mask, len(VOC_CLASSES), path, 'give masks of VOC')
        mask = self.table[mask]
        folder = VOCLayout(self.args.devkit).annotation_dir
        (row,) = read_labels(folder, ann_format='voc_xml', images=[image]).rows
        names = [name for name in self.args.classes if name in row.names]
        if (mask == _OTHER).any() or not names:
            return None
        photo = self._photo(image)
        check_size(path, mask.shape[::-1], image, photo.size, 'take the mask of that image')
        size = scaled_size(photo.size, self.args.long_side)
        mask = Image.fromarray(mask).resize(size, Image.Resampling.NEAREST)
        write_label(VOCLayout(self.args.out).mask_path(image), np.array(mask))
        with atomic_write(VOCLayout(self.args.out).image_path(image)) as file:
            photo.resize(size, Image.Resampling.LANCZOS).save(file, 'JPEG', quality=90)
        return names

    def _mask_path(self, image: str) -> str:
        for folder in self.masks:
            path = folder.find(image)
            if path is not None:
                return path
        raise UserError(
            f"{self.args.devkit}: image '{image}' has no mask in "
            f'{" or ".join(self.args.masks)}; set --masks or take it out of the list'
        )

    def _photo(self, image: str) -> Image.Image:
        path = self.images.find(image)
        if path is None:
            raise UserError(
                f"{self.images.root}: image '{image}' is missing; add it or take it out of the list"
            )
        return Image.fromarray(read_image(path))


def read_splits(paths: Sequence[Path]) -> dict[str, list[str]]:
    """Ids of every list, by the list's name."""
    splits = {}
    for path in paths:
        if path.stem in splits:
            raise UserError(f'{path}: a second list of split {path.stem}; rename one')
        splits[path.stem] = read_ids(path)
    return splits


def check_args(args: argparse.Namespace) -> None:
    """Raise a UserError for what cannot be converted."""
    check_classes(args.classes, '--classes')
    for name in args.classes:
        if name not in VOC_CLASSES:
            raise UserError(
                f"--classes: '{name}' is not a class of VOC; known are {', '.join(VOC_CLASSES)}"
            )
    if args.long_side < 32:
        raise UserError(f'--long-side is {args.long_side}; it must be at least 32')
    if not VOCLayout(args.devkit).annotation_dir.is_dir():
        raise UserError(
            f'{args.devkit}: has no folder Annotations; give the '
            'folder VOC2012 of an official VOCdevkit'
        )


def main(argv: Sequence[str] | None = None) -> None:
    """Convert, and say how many images each split and class has."""
    args = parse_args(argv)
    check_args(args)
    splits = read_splits(args.ids)
    settings = dict(classes=args.classes, long_side=args.long_side, masks=args.masks, splits=splits)
    folder = MadeFolder(args.out, 'subset.json', settings, 'a subset of VOC')
    if folder.was_finished:
        print(f'{args.out}: complete already')
        return
    images = sorted({image for ids in splits.values() for image in ids})
    with folder:
        labels = convert_all(Converter(args), images)
        splits = {
            split: [image for image in ids if image in labels] for split, ids in splits.items()
        }
        write_lists(args.out, args.classes, splits, labels)
    report(args.out, splits, labels, len(images) - len(labels))


def convert_all(converter: Converter, images: Sequence[str]) -> dict[str, list[str]]:
    """Convert images; return the classes of those that have one."""
    found = {image: converter.convert(image) for image in track(images, 'images')}
    return {image: names for image, names in found.items() if names}


def report(
    out: str | os.PathLike,
    splits: dict[str, list[str]],
    labels: dict[str, list[str]],
    left_out: int,
) -> None:
    """Print what a subset holds."""
    for split, ids in splits.items():
        counts = Counter(name for image in ids for name in labels[image])
        shown = ', '.join(f'{name} {count}' for name, count in counts.items())
        print(f'{out}: {split} {len(ids)} images: {shown}')
    print(
        f'{left_out} images left out: other classes in the mask, or none of the subset in the XML'
    )


if __name__ == '__main__':
    run(main)
