"""Check a data set before time is spent on it.

Reads every image and mask of the lists to train and to validate on, and says
what is wrong, how bad it is, and the way out. Works on the project's layout
and on a VOCdevkit as it is:

  python check_dataset.py data/mine
  python check_dataset.py data/VOCdevkit/VOC2012 --ann-file Annotations
  python check_dataset.py data/coco

It ends with what to expect, the options that fit the data, and the next
command. Writes report.json, report.png, classes.jpg (photos of each class with
the outlines of their masks) and near_copies.jpg (pairs that are nearly the
same) into --out. The exit status is 0, or 1 if there is an error: something
that stops training or measuring.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
from collections.abc import Sequence
from pathlib import Path

from ppl_mm.data_tools.check.advice import next_command
from ppl_mm.data_tools.check.report import report_check
from ppl_mm.data_tools.check.scan import ScanOptions, scan_dataset
from ppl_mm.formats.voc_layout import VOCLayout
from ppl_mm.utils.cli import add_workers, make_parser, run
from ppl_mm.utils.files import check_outside


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument('root', type=Path, metavar='DATA_ROOT', help='the data set')
    parser.add_argument(
        '--ann-file',
        default='',
        metavar='FILE',
        help='labels below DATA_ROOT: .csv, .json, .xml, .yaml, or a folder of XML or YOLO text '
        '(default: image_labels.csv, image_labels.json or Annotations)',
    )
    parser.add_argument(
        '--classes',
        nargs='+',
        default=(),
        metavar='NAME',
        help='foreground classes in order (default: those of classes.txt)',
    )
    parser.add_argument(
        '--train',
        default='',
        metavar='LIST',
        help='list in ImageSets/Segmentation to train on (default: train_aug, else train)',
    )
    parser.add_argument('--val', default='val', metavar='LIST', help='(default: val)')
    parser.add_argument(
        '--image-dir',
        default=VOCLayout.IMAGES,
        metavar='DIR',
        help='below DATA_ROOT (default: JPEGImages)',
    )
    parser.add_argument(
        '--mask-dir',
        default=VOCLayout.MASKS,
        metavar='DIR',
        help='below DATA_ROOT (default: SegmentationClass)',
    )
    parser.add_argument(
        '--out',
        type=Path,
        metavar='DIR',
        help='for the report (default: work_dirs/check_dataset/<name>)',
    )
    add_workers(parser, 'threads')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Check; the status is 1 where an error was found."""
    args = parse_args(argv)
    options = ScanOptions(
        args.root,
        args.ann_file,
        args.image_dir,
        args.mask_dir,
        args.train,
        args.val,
        tuple(args.classes),
    )
    out = args.out or Path('work_dirs/check_dataset', args.root.resolve().name)
    check_outside(out, *(options.root / name for name in (options.image_dir, options.mask_dir)))
    scan = scan_dataset(options, args.workers)
    if report_check(scan, out)['error']:
        print('next: fix the errors, and give this command again')
        return 1
    print(f'next: {next_command(scan)}')
    return 0


if __name__ == '__main__':
    run(main)
