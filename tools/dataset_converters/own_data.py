"""Make a data set of your own photographs.

  python own_data.py photos --out data/mine
      a folder for each class: photos/cat/1.jpg, photos/dog/2.jpg; the same
      photo in two of them has both classes; photos of the folder _negative
      show none of the classes
  python own_data.py photos --labels labels.csv --out data/mine
      any folder, and a CSV, or what COCO, YOLO, Label Studio, CVAT and others
      write, see docs/converter.md; photos with an empty label show none of the
      classes, photos that the file does not name are kept as unlabelled

OUT is what every command of this project reads: classes.txt, the labels,
upright images of 8 bits, lists of those to train and to validate on, masks if
there are some. sources.csv says which photo became which image. A second run
continues where the first was interrupted.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
from collections.abc import Sequence
from pathlib import Path

from ppl_mm.data_tools.own.arguments import add_data_options, settings_of
from ppl_mm.data_tools.own.data import OwnData
from ppl_mm.data_tools.own.report import print_summary
from ppl_mm.utils.cli import add_workers, make_parser, run


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument('photos', type=Path, help='the folder of photos')
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('data/mine'),
        metavar='DIR',
        help='the data set to write (default: data/mine)',
    )
    add_data_options(parser)
    parser.add_argument(
        '--skip-bad',
        action='store_true',
        help='leave out photos and masks that cannot be used, and lines of --labels without photo',
    )
    add_workers(parser, 'threads')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Make the data set."""
    args = parse_args(argv)
    summary = OwnData(settings_of(args, args.photos, args.out), args.workers).make(args.skip_bad)
    print_summary(args.out, summary)
    print(f'next: python tools/dataset_converters/check_dataset.py {args.out}')


if __name__ == '__main__':
    run(main)
