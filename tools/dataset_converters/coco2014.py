"""Prepare COCO 2014: image-level labels, lists and masks.

python coco2014.py data/coco

reads train2014/, val2014/ and annotations/instances_{train,val}2014.json of
the official archives and writes beside them, in the project's layout,

  classes.txt                        background and 80 classes, by category id
  image_labels.csv                   every annotated class of an image
  ImageSets/Segmentation/train.txt   images with an object: 82,081
  ImageSets/Segmentation/val.txt     the same: 40,137 (--with-negatives: all)
  JPEGImages/{train,val}2014         links to the folders of images
  SegmentationClass/<image>.png      masks, for measuring

An image is called train2014/COCO_train2014_000000000009. Where objects overlap
the smaller one lies above (--overlap area, as in the coco2voc that most weakly
supervised projects name), or the later one (--overlap order, as in ReCAM).
Crowd regions count as their class (--crowd class, as in coco2voc), as
background (ReCAM) or as void. A second run continues where the first one
stopped.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
import os
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from ppl_mm.data_tools.coco.instances import CocoImage, read_images, unreadable_instances
from ppl_mm.data_tools.coco.masks import import_mask_api, write_mask
from ppl_mm.data_tools.made_folder import MadeFolder
from ppl_mm.errors import UserError
from ppl_mm.formats.image_folder import ImageFolder
from ppl_mm.formats.voc_layout import VOCLayout, write_lists
from ppl_mm.utils.cli import add_workers, make_parser, run
from ppl_mm.utils.files import file_sha256
from ppl_mm.utils.processes.worker_pool import WorkerPool, default_workers
from ppl_mm.utils.progress import track

OFFICIAL = dict(train=82_081, val=40_137)


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument('root', type=Path, help='the folder of COCO')
    parser.add_argument(
        '--overlap',
        choices=['area', 'order'],
        default='area',
        help='what lies above: the smaller object, or the later one',
    )
    parser.add_argument(
        '--crowd',
        choices=['class', 'background', 'void'],
        default='class',
        help='what a crowd region is in a mask',
    )
    parser.add_argument(
        '--with-negatives',
        action='store_true',
        help='also list the images without an object, with an empty label (default: they are left '
        'out, as is usual for COCO)',
    )
    parser.add_argument(
        '--no-masks',
        action='store_true',
        help='write labels and lists only, which is enough to train on',
    )
    add_workers(parser, 'processes', default_workers())
    return parser.parse_args(argv)


def link_images(root: Path, split: str) -> ImageFolder:
    """Make ``JPEGImages/train2014`` lead to ``train2014``; return all of ``JPEGImages``.

    Raises:
        UserError: There are no images, or no link can be made.
    """
    link, folder = VOCLayout(root).image_dir / f'{split}2014', root / f'{split}2014'
    if link.is_dir():  # also an existing link, or images moved there
        return ImageFolder(link.parent)
    if not folder.is_dir():
        raise UserError(f'{folder}: the folder of images is missing; unpack {split}2014.zip there')
    link.parent.mkdir(exist_ok=True)
    try:
        os.symlink(f'../{split}2014', link, target_is_directory=True)
    except OSError as error:
        raise UserError(
            f'{link}: cannot be made a link ({error.strerror}); '
            f'move {folder} there and run this again'
        ) from error
    return ImageFolder(link.parent)


def check_images(folder: ImageFolder, images: Sequence[CocoImage]) -> None:
    """Raise a UserError unless every image is there."""
    missing = [image.image_id for image in images if folder.find(image.image_id) is None]
    if missing:
        raise UserError(
            f'{folder.root}: {len(missing):,} of {len(images):,} images are '
            f'missing, first {missing[0]}; unpack the archive of images again'
        )


def instances_file(root: Path, split: str) -> Path:
    """The annotations of 'train' or 'val'."""
    return root / f'annotations/instances_{split}2014.json'


def mask_settings(args: argparse.Namespace) -> dict[str, str]:
    """What masks depend on: rules, and the bytes of the annotations.

    Raises:
        UserError: A file of annotations is missing or cannot be read.
    """
    settings = dict(overlap=args.overlap, crowd=args.crowd)
    for path in (instances_file(args.root, split) for split in OFFICIAL):
        try:
            settings[path.name] = file_sha256(path)
        except OSError as error:
            raise unreadable_instances(path, error) from error
    return settings


def write_masks(folder: MadeFolder, images: Sequence[CocoImage], args: argparse.Namespace) -> None:
    """Write the masks that are not there yet."""
    todo = [image for image in images if not (folder.root / f'{image.image_id}.png').is_file()]
    settings = (write_mask, folder.root, args.overlap, args.crowd)
    with WorkerPool(partial, settings, args.workers) as pool:
        for _ in track(pool.map(todo), 'masks', total=len(todo)):
            pass


def count_line(split: str, images: Sequence[CocoImage], empty: int) -> str:
    """Return how many images a split has, some empty, beside the official number."""
    labelled = sum(bool(image.annotations) for image in images)
    official = OFFICIAL[split]
    note = 'as official' if labelled == official else f'NOT the official {official:,}'
    listed = 'are listed with an empty label' if len(images) > labelled else 'are left out'
    return f'{split}: {labelled:,} images with objects, {note}; {empty:,} without {listed}'


def main(argv: Sequence[str] | None = None) -> None:
    """Convert both splits."""
    args = parse_args(argv)
    masks = None
    if not args.no_masks:
        import_mask_api()
        masks = MadeFolder(
            VOCLayout(args.root).mask_dir, 'made.json', mask_settings(args), 'masks of COCO'
        )
    with masks or nullcontext():
        classes = convert(args, masks)
    print(f'{args.root}: {len(classes)} classes and background')


def convert(args: argparse.Namespace, masks: MadeFolder | None) -> Sequence[str]:
    """Write the lists and, where there is a folder for them, the masks; return the classes."""
    classes, splits, labels = None, {}, {}
    for split in OFFICIAL:
        path = instances_file(args.root, split)
        names, images, empty = read_images(path, split, args.with_negatives)
        if classes not in (None, names):
            raise UserError(
                f'{path}: has other categories than the list of '
                'train; unpack annotations_trainval2014.zip again'
            )
        classes = names
        check_images(link_images(args.root, split), images)
        print(count_line(split, images, empty))
        splits[split] = [image.image_id for image in images]
        labels.update(
            {image.image_id: [names[label - 1] for label in image.labels()] for image in images}
        )
        if masks:
            write_masks(masks, images, args)
    write_lists(args.root, classes, splits, labels)
    return classes


if __name__ == '__main__':
    run(main)
