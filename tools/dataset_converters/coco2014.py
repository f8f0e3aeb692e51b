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

import argparse
import json
import os
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np

from ppl_mm.data_tools.made_folder import MadeFolder
from ppl_mm.errors import UserError
from ppl_mm.formats.class_list import check_classes
from ppl_mm.formats.image_folder import ImageFolder
from ppl_mm.formats.image_list import check_image, image_id
from ppl_mm.formats.mask_file import IGNORE, write_label
from ppl_mm.formats.voc_layout import VOCLayout, write_lists
from ppl_mm.utils.cli import make_parser, run
from ppl_mm.utils.files import file_sha256
from ppl_mm.utils.progress import track
from ppl_mm.utils.worker_pool import WorkerPool, default_workers

OFFICIAL = dict(train=82_081, val=40_137)


class Annotation(NamedTuple):
    """One annotated object, or a crowd.

    Attributes:
        label (int): Value in the masks, 1 for the category with the smallest id.
        shape (list | dict): COCO's polygons or run lengths.
        area (float): As COCO has it, in pixels.
        is_crowd (bool): Whether it is a region of many objects.
    """

    label: int
    shape: list | dict
    area: float
    is_crowd: bool


class CocoImage(NamedTuple):
    """What is annotated in an image; size is (H, W) in pixels."""

    stem: str
    size: tuple[int, int]
    annotations: list[Annotation]

    def labels(self) -> list[int]:
        """Labels of the classes in it, sorted."""
        return sorted({one.label for one in self.annotations})


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
    parser.add_argument(
        '--workers',
        type=int,
        default=default_workers(),
        help='processes (default: one for each CPU)',
    )
    return parser.parse_args(argv)


def import_mask_api() -> ModuleType:
    """COCO's own reader of polygons and run lengths.

    Returns:
        ModuleType: ``pycocotools.mask``.

    Raises:
        UserError: It is not installed.
    """
    try:
        from pycocotools import mask
    except ImportError as error:
        raise UserError(
            "pycocotools: is not installed, but draws COCO's "
            'masks; pip install pycocotools, or leave them out '
            'with --no-masks'
        ) from error
    return mask


def paint(image: CocoImage, overlap: str, crowd: str) -> np.ndarray:
    """The mask of an image.

    Args:
        image (CocoImage): What is annotated.
        overlap (str): 'area', the smaller object lies above, of equal ones
            the earlier; or 'order', the later one does.
        crowd (str): Crowd regions are their 'class', or left as 'background',
            or 'void' wherever there is no object.

    Returns:
        np.ndarray: uint8, (H, W): 0 background, 255 void.
    """
    mask = np.zeros(image.size, np.uint8)
    lowest_first = list(image.annotations)
    if overlap == 'area':
        lowest_first.sort(key=lambda one: one.area)
        lowest_first.reverse()
    if crowd == 'background':
        lowest_first = [one for one in lowest_first if not one.is_crowd]
    if crowd == 'void':
        lowest_first.sort(key=lambda one: not one.is_crowd)
    for one in lowest_first:
        as_void = one.is_crowd and crowd == 'void'
        mask[decode(one.shape, image.size)] = IGNORE if as_void else one.label
    return mask


def decode(shape: list | dict, size: tuple[int, int]) -> np.ndarray:
    """Pixels of polygons or run lengths.

    Args:
        shape (list | dict): Polygons, or ``counts`` and ``size``.
        size (tuple[int, int]): (H, W) of the image.

    Returns:
        np.ndarray: bool, (H, W).
    """
    api = import_mask_api()
    if isinstance(shape, list):
        code = api.merge(api.frPyObjects(shape, *size))
    elif isinstance(shape['counts'], str | bytes):
        code = shape
    else:
        code = api.frPyObjects(shape, *size)
    return api.decode(code).astype(bool)


class MaskWriter:
    """Writes one mask after the other; made anew in each process.

    Args:
        folder (Path): Where to.
        overlap (str): See :func:`paint`.
        crowd (str): See :func:`paint`.
    """

    def __init__(self, folder: Path, overlap: str, crowd: str) -> None:
        self.folder = folder
        self.overlap = overlap
        self.crowd = crowd

    def __call__(self, image: CocoImage) -> None:
        """Write the mask of an image.

        Args:
            image (CocoImage): What is annotated in it.

        Raises:
            UserError: An annotation cannot be drawn.
        """
        try:
            mask = paint(image, self.overlap, self.crowd)
        except UserError:
            raise
        except Exception as error:  # pycocotools raises bare ones
            raise UserError(
                f'{image.stem}: an annotation of it cannot be '
                f'drawn ({error}); put back the official file'
            ) from error
        write_label(self.folder / f'{image.stem}.png', mask)


def read_instances(path: Path) -> tuple[list[str], list[dict], list[dict]]:
    """Read an instances file with its polygons packed.

    Args:
        path (Path): ``instances_*.json``.

    Returns:
        tuple: Class names in the order of the categories' ids; images and
        annotations as they stand, each annotation with its ``label``.

    Raises:
        UserError: The file is missing or something else.
    """
    try:
        with open(path, encoding='utf-8') as file:
            content = json.load(file, object_hook=_packed)
        categories = sorted(content['categories'], key=lambda one: one['id'])
        names = [one['name'] for one in categories]
        label_of = {one['id']: label for label, one in enumerate(categories, 1)}
        for one in content['annotations']:
            one['label'] = label_of[one['category_id']]
        return (list(check_classes(names, str(path))), content['images'], content['annotations'])
    except UserError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _no_instances(path, error) from error


def _no_instances(path: Path, error: Exception) -> UserError:
    if isinstance(error, FileNotFoundError):
        return UserError(f'{path}: is missing; unpack annotations_trainval2014.zip there')
    return UserError(
        f'{path}: cannot be read as COCO instances '
        f'({type(error).__name__}: {error}); unpack '
        'annotations_trainval2014.zip again'
    )


def _packed(found: dict) -> dict:
    """An object of the file, with an eighth of the memory for polygons."""
    shape = found.get('segmentation')
    if isinstance(shape, list):
        found['segmentation'] = [np.array(polygon, np.float64) for polygon in shape]
    elif isinstance(shape, dict) and isinstance(shape['counts'], list):
        shape['counts'] = np.array(shape['counts'], np.uint32)
    return found


def read_images(
    path: Path, split: str, with_negatives: bool = False
) -> tuple[list[str], list[CocoImage], int]:
    """Return the images of a split.

    Args:
        path: ``instances_*.json``.
        split: 'train' or 'val'.
        with_negatives: Whether to return images without an annotation, too.

    Returns:
        Class names, images by name, and how many images have no annotation.

    Raises:
        UserError: The file is missing or something else.
    """
    names, images, annotations = read_instances(path)
    found = {}
    try:
        for one in annotations:
            found.setdefault(one['image_id'], []).append(
                Annotation(one['label'], one['segmentation'], one['area'], bool(one['iscrowd']))
            )
        listed = [
            CocoImage(
                f'{split}2014/{image_id(check_image(image["file_name"], str(path)))}',
                (image['height'], image['width']),
                found.get(image['id'], []),
            )
            for image in images
            if image['id'] in found or with_negatives
        ]
    except (KeyError, TypeError) as error:
        raise UserError(
            f'{path}: an entry has no {error}; unpack annotations_trainval2014.zip again'
        ) from error
    listed.sort(key=lambda image: image.stem)
    return names, listed, sum(image['id'] not in found for image in images)


def link_images(root: Path, split: str) -> ImageFolder:
    """Make ``JPEGImages/train2014`` lead to ``train2014``.

    Args:
        root (Path): The folder of COCO.
        split (str): 'train' or 'val'.

    Returns:
        ImageFolder: All of ``JPEGImages``.

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
    missing = [image.stem for image in images if folder.find(image.stem) is None]
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

    Args:
        args (argparse.Namespace): The command line.

    Returns:
        dict[str, str]: For :class:`MadeFolder`.

    Raises:
        UserError: A file of annotations is missing or cannot be read.
    """
    settings = dict(overlap=args.overlap, crowd=args.crowd)
    for path in (instances_file(args.root, split) for split in OFFICIAL):
        try:
            settings[path.name] = file_sha256(path)
        except OSError as error:
            raise _no_instances(path, error) from error
    return settings


def write_masks(folder: MadeFolder, images: Sequence[CocoImage], args: argparse.Namespace) -> None:
    """Write the masks that are not there yet."""
    todo = [image for image in images if not (folder.root / f'{image.stem}.png').is_file()]
    with WorkerPool(MaskWriter, (folder.root, args.overlap, args.crowd), args.workers) as pool:
        for _ in track(pool.map(todo), 'masks', bool(todo), len(todo)):
            pass


def count_line(split: str, images: Sequence[CocoImage], empty: int) -> str:
    """Return how many images a split has, beside the official number.

    Args:
        split: 'train' or 'val'.
        images: Those that are listed.
        empty: How many images have no object.
    """
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
        splits[split] = [image.stem for image in images]
        labels.update(
            {image.stem: [names[label - 1] for label in image.labels()] for image in images}
        )
        if masks:
            write_masks(masks, images, args)
    write_lists(args.root, classes, splits, labels)
    return classes


if __name__ == '__main__':
    run(main)
