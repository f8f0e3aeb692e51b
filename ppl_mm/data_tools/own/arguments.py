"""The options of commands that make a data set of one's own."""

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

from .mask_values import parse_meanings
from .settings import AUTO_SIZE, OwnDataSettings


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what photos show and how they are read, see :func:`settings_of`."""
    _add_label_options(parser)
    _add_mask_options(parser)
    _add_val_options(parser)
    _add_photo_options(parser)


def settings_of(args: argparse.Namespace, photos: Path, out: Path) -> OwnDataSettings:
    """Return what the options of :func:`add_data_options`, which settings are named after, say."""
    names = {one.name for one in fields(OwnDataSettings)} - {'photos', 'out', 'expected_area'}
    given: dict[str, Any] = {name: getattr(args, name) for name in names}
    given = {name: tuple(one) if isinstance(one, list) else one for name, one in given.items()}
    given['mask_values'] = parse_meanings(args.mask_values)
    return OwnDataSettings(photos, out, **given)


def _add_label_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what photos show."""
    parser.add_argument(
        '--labels',
        type=Path,
        metavar='FILE',
        help='labels: a CSV (image,labels, or one-hot), a JSON (COCO, Label Studio, Datumaro and '
        "others), CVAT's XML, a folder of YOLO's, VOC's or LabelMe's files, or YOLO's data.yaml; "
        'its content says which it is (default: a folder for each class)',
    )
    parser.add_argument(
        '--label-pattern',
        default='',
        metavar='REGEX',
        help='labels are in the names of the files: a regular expression whose group finds the '
        "class in the path below PHOTOS, e.g. '([a-z]+)_[0-9]+'",
    )
    parser.add_argument(
        '--class-folder',
        choices=['first', 'last'],
        default='',
        help='which folder is the class where photos lie more than one folder deep',
    )
    _add_class_options(parser)
    parser.add_argument(
        '--negatives', type=Path, metavar='DIR', help='more photos, which show none of the classes'
    )
    parser.add_argument(
        '--negative-name',
        dest='negative_names',
        nargs='+',
        default=(),
        metavar='NAME',
        help='labels that mean "shows none of the classes", e.g. none, background or good',
    )
    parser.add_argument(
        '--no-background',
        dest='background',
        action='store_false',
        help='every pixel belongs to a class, as in tissue or land cover: no image is without one, '
        'nothing is cut at a threshold, and no mask has a 0 (docs/no_background.md)',
    )


def _add_class_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose among the classes of labels."""
    parser.add_argument(
        '--classes',
        nargs='+',
        default=(),
        metavar='NAME',
        help='foreground classes in the order of their ids; photos that show others only are left '
        'out (default: all that the labels name, in natural order)',
    )
    parser.add_argument(
        '--keep-others',
        action='store_true',
        help='keep photos that show none of --classes, but others, as photos that show none of the '
        'classes',
    )


def _add_val_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which photos to validate on."""
    val = parser.add_mutually_exclusive_group()
    val.add_argument(
        '--val-share',
        type=float,
        default=0.1,
        metavar='X',
        help='part of the photos of each class to validate on (default: 0.1)',
    )
    val.add_argument(
        '--val-list',
        type=Path,
        metavar='FILE',
        help='the photos to validate on, one per line, instead',
    )
    val.add_argument(
        '--val-labels',
        type=Path,
        metavar='FILE',
        help='a second file like --labels, with the photos to validate on, instead',
    )
    parser.add_argument('--seed', type=int, default=0, help='random seed of their choice')
    parser.add_argument(
        '--split-near-copies',
        action='store_true',
        help='choose them one by one; by default photos that are nearly the same, such as frames '
        'of a video, stay in one list',
    )


def _add_mask_options(parser: argparse.ArgumentParser) -> None:
    """Add the options about masks."""
    parser.add_argument(
        '--masks',
        type=Path,
        metavar='DIR',
        help='masks named as the photos, of any lossless format, to measure with, never to '
        'train on; several masks of one photo are put together',
    )
    parser.add_argument(
        '--mask-values',
        nargs='+',
        default=(),
        metavar='VALUE=MEANING',
        help="what a mask's values mean: a class, background, void, or object for the photo's one "
        'class, e.g. 0=background 255=object, or of masks with soft edges 0-127=background '
        '128-255=object (default: 0 background, 1 the first class, 255 void; with --no-background '
        '0 or 1 is the first class, which of them the masks show)',
    )
    parser.add_argument(
        '--mask-overlap',
        choices=('later', 'void'),
        default='later',
        help='a pixel that several masks of one photo claim: the class of the later mask, '
        'or void (default: later)',
    )


def _add_photo_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how photos are read and written."""
    parser.add_argument(
        '--max-long-side',
        type=int,
        default=2048,
        metavar='PIXELS',
        help='shrink larger photos, 0 to keep all sizes (default: 2048)',
    )
    parser.add_argument(
        '--image-size',
        type=lambda text: int(text) if text.isdecimal() else text,
        default=AUTO_SIZE,
        metavar='PIXELS',
        help='the long side of crops that the classifier learns from: more finds smaller objects '
        'and takes more time and memory, with its square (default: auto: for the preset quick from '
        'the sizes and number of images, 384 for others)',
    )
    parser.add_argument(
        '--white-level',
        type=int,
        metavar='N',
        help='what is white in photos of 16 bits, e.g. 4095 where a camera uses 12 of them '
        '(default: the most that the bits in use can hold, one level for all photos)',
    )
    parser.add_argument(
        '--rgb-bands',
        type=int,
        nargs=3,
        default=(),
        metavar=('R', 'G', 'B'),
        help='which bands of TIFFs with more than a photo has are shown as red, green and blue, '
        'and seen by refiners; networks see all (default: 1 2 3)',
    )
    parser.add_argument(
        '--value-range',
        type=float,
        nargs=2,
        default=(),
        metavar=('LOW', 'HIGH'),
        help='the values of such bands that become 0 and 255 (default: from the images)',
    )
    parser.add_argument(
        '--link',
        action='store_true',
        help='hard links instead of copies of photos that need no change',
    )
