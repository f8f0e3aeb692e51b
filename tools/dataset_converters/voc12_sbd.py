"""Add SBD to an official VOCdevkit 2012: train_aug.txt and its masks.

python voc12_sbd.py data/VOCdevkit/VOC2012 benchmark_RELEASE/dataset

Writes below VOC2012

  ImageSets/Segmentation/train_aug.txt   VOC train + SBD train + SBD val - VOC
                                         val: 10,582 images
  SegmentationClassAug/<image>.png       their masks and those of VOC val
  classes.txt                            background and VOC's 20 classes

Where VOC has a mask of its own, it is taken and not SBD's. The second folder
may also be the SegmentationClassAug that many projects share, a folder of
PNGs. A second run continues where the first one stopped.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from ppl_mm.data_tools.made_folder import MadeFolder
from ppl_mm.data_tools.own.masks import check_size
from ppl_mm.errors import UserError
from ppl_mm.formats.class_list import BACKGROUND
from ppl_mm.formats.image_folder import ImageFolder
from ppl_mm.formats.image_list import read_ids
from ppl_mm.formats.images.image_file import image_size
from ppl_mm.formats.mask_file import check_labels, read_mask, write_label
from ppl_mm.formats.voc_layout import VOC_CLASSES, VOCLayout, write_lines
from ppl_mm.utils.cli import add_workers, make_parser, run
from ppl_mm.utils.files import check_regular
from ppl_mm.utils.processes.worker_pool import WorkerPool, default_workers
from ppl_mm.utils.progress import track
from ppl_mm.utils.text import first_few

TRAIN_AUG = 10_582


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument('devkit', type=Path, help='VOCdevkit/VOC2012')
    parser.add_argument(
        'sbd',
        type=Path,
        help="SBD's folder with cls/, train.txt and val.txt, or a folder of masks as PNGs",
    )
    parser.add_argument(
        '--subset', action='store_true', help=f'allow another number of images than {TRAIN_AUG:,}'
    )
    add_workers(parser, 'processes', default_workers())
    return parser.parse_args(argv)


class SBD:
    """Masks of SBD as released, or as PNGs.

    Attributes:
        images: Ids of its images, of both its splits.
        root: Where they lie.
        suffix: Suffix of a mask, '.mat' or '.png'.

    Raises:
        UserError: The folder is neither ``benchmark_RELEASE``, its folder ``dataset``, nor one of
            PNGs.
    """

    def __init__(self, root: Path) -> None:
        for folder in (root, root / 'dataset'):
            if (folder / 'cls').is_dir():
                self.root, self.suffix = folder / 'cls', '.mat'
                self.images = read_ids(folder / 'train.txt') + read_ids(folder / 'val.txt')
                return
        self.root, self.suffix = root, '.png'
        self.images = ImageFolder(root, ('.png',)).all_ids() if root.is_dir() else []
        if not self.images:
            raise UserError(
                f'{root}: holds neither a folder cls nor PNGs; give the '
                'folder dataset of benchmark_RELEASE, or a folder of masks'
            )


def read_sbd_mask(path: str | os.PathLike) -> np.ndarray:
    """Read a mask of SBD, uint8 (H, W): ``GTcls.Segmentation`` of a .mat, or a PNG.

    Raises:
        UserError: The file is missing or something else.
    """
    if Path(path).suffix == '.png':
        return read_mask(path)
    try:
        check_regular(path)
        content = loadmat(path, variable_names=['GTcls'])
        mask = np.asarray(content['GTcls'][0, 0]['Segmentation'])
    except UserError:
        raise
    except Exception as error:  # a broken file can make SciPy raise anything
        raise UserError(
            f'{path}: not a class mask of SBD ({type(error).__name__}); put back a whole file'
        ) from error
    if mask.dtype != np.uint8 or mask.ndim != 2:
        raise UserError(
            f'{path}: GTcls.Segmentation is {mask.dtype} of {mask.ndim} dimensions, expected uint8 '
            "of 2; put back SBD's own file"
        )
    return mask


class Converter:
    """Writes one mask after the other; made anew in each process."""

    def __init__(self, devkit: Path, sbd: Path, suffix: str) -> None:
        self.devkit = devkit
        self.official = ImageFolder(VOCLayout(devkit).mask_dir, ('.png',))
        self.sbd = ImageFolder(sbd, (suffix,))

    def __call__(self, image: str) -> None:
        """Write the mask of an image.

        Raises:
            UserError: The mask is missing, or does not fit the image.
        """
        source = self.official.find(image) or self.sbd.find(image)
        if source is None:
            raise UserError(
                f"{self.sbd.root}: image '{image}' has a mask neither here "
                f'nor in {self.official.root}; unpack both again'
            )
        mask = read_sbd_mask(source)
        advice = 'put back the official files'
        check_labels(mask, len(VOC_CLASSES), source, advice)
        photo = VOCLayout(self.devkit).image_path(image)
        check_size(source, mask.shape[::-1], photo, image_size(photo), advice)
        write_label(mask_path(self.devkit, image), mask)


def mask_path(devkit: Path, image: str) -> Path:
    """Where the mask of an image is written."""
    return devkit / f'SegmentationClassAug/{image}.png'


def train_aug(devkit: Path, sbd: SBD, any_number: bool) -> list[str]:
    """Return the ids of VOC train + SBD train + SBD val without VOC val, sorted.

    Raises:
        UserError: A list is missing, or there are more images or fewer.
    """
    lists = VOCLayout(devkit).split_dir
    train, val = (set(read_ids(lists / f'{split}.txt')) for split in ('train', 'val'))
    images = sorted((train | set(sbd.images)) - val)
    if len(images) != TRAIN_AUG and not any_number:
        raise UserError(
            f'{sbd.root}: train_aug has {len(images):,} images, expected {TRAIN_AUG:,} (VOC train '
            f'{len(train):,} + SBD {len(set(sbd.images)):,} - VOC val {len(val):,}); give the '
            'official sets, or --subset for a part of them'
        )
    return images


def check_files(devkit: Path, images: Sequence[str]) -> None:
    """Raise a UserError unless every image has its photo and its XML."""
    for name, suffix in ((VOCLayout.IMAGES, '.jpg'), (VOCLayout.ANNOTATIONS, '.xml')):
        folder = ImageFolder(devkit / name, (suffix,))
        missing = [image for image in images if folder.find(image) is None]
        if missing:
            shown = first_few(missing, most=5)
            raise UserError(
                f'{folder.root}: {len(missing)} of {len(images)} images have '
                f'no {suffix} there: {shown}; unpack VOC 2012 again'
            )


def convert(args: argparse.Namespace, sbd: SBD, images: Sequence[str]) -> int:
    """Write the masks that are not there yet; how many were written."""
    settings = dict(source=str(sbd.root.resolve()), images=len(images))
    out = args.devkit / 'SegmentationClassAug'
    folder = MadeFolder(out, 'made.json', settings, 'masks of this command')
    todo = [image for image in images if not mask_path(args.devkit, image).is_file()]
    parts = (args.devkit, sbd.root, sbd.suffix)
    with folder, WorkerPool(Converter, parts, args.workers) as pool:
        for _ in track(pool.map(todo), 'masks', total=len(todo)):
            pass
    return len(todo)


def main(argv: Sequence[str] | None = None) -> None:
    """Write masks and lists."""
    args = parse_args(argv)
    sbd = SBD(args.sbd)
    images = train_aug(args.devkit, sbd, args.subset)
    val = VOCLayout(args.devkit).read_split('val')
    check_files(args.devkit, [*images, *val])
    out = args.devkit / 'SegmentationClassAug'
    if sbd.root.resolve() == out.resolve():  # they lie where they belong
        missing = set(images) - set(sbd.images)
        if missing:
            raise UserError(
                f'{out}: {len(missing)} of {len(images)} images have no mask, first '
                f'{min(missing)}; move the folder elsewhere and give it from there'
            )
        written = 0
    else:
        written = convert(args, sbd, sorted({*images, *val}))
    write_lines(VOCLayout(args.devkit).split_path('train_aug'), images)
    write_lines(VOCLayout(args.devkit).class_file, [BACKGROUND, *VOC_CLASSES])
    made = f'{written:,} masks written to {out.name}'
    print(f'{args.devkit}: train_aug {len(images):,} images; {made}')


if __name__ == '__main__':
    run(main)
