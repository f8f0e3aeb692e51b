"""Cut large images into parts, before own_data.py or make_masks.py.

Small objects are larger in a part, and a class that every image shows is not in
every part:

  python cut_images.py photos --out parts --size 512

The parts of photos/cat/1.jpg are parts/photos/cat/1_r0_c0.jpg and so on, in rows
and columns that do not overlap. Their labels are yours to give: a part may show
less than its image. Where folders are classes, move parts that show none of the
classes into parts/photos/_negative.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
from collections.abc import Sequence
from pathlib import Path

from ppl_mm.data_tools.cut_images import MASKS, PHOTOS, cut_images
from ppl_mm.utils.cli import add_workers, make_parser, run
from ppl_mm.utils.text import counted


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument('photos', type=Path, metavar='PHOTOS', help='the folder of images')
    parser.add_argument('--out', type=Path, required=True, metavar='DIR', help='for the parts')
    parser.add_argument(
        '--size',
        type=int,
        default=512,
        metavar='PIXELS',
        help='about how long the sides of a part are (default: 512)',
    )
    parser.add_argument('--masks', type=Path, metavar='DIR', help='masks of some images, cut too')
    add_workers(parser, 'threads')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Cut, and say what the user has to do."""
    args = parse_args(argv)
    count = cut_images(args.photos, args.out, args.size, args.masks, args.workers)
    if count is None:
        return print(f'{args.out}: complete already')
    print(f'{args.out / PHOTOS}: {counted(count, "part")}')
    if args.masks:
        print(f'{args.out / MASKS}: their masks')
    print(
        'next: label the parts, e.g. one folder per class; those that show none of the classes '
        f'belong into {args.out / PHOTOS / "_negative"}'
    )
    return None


if __name__ == '__main__':
    run(main)
