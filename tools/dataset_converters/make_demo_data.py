"""Make the demo data: python make_demo_data.py --out data/demo --seed 0."""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
from collections.abc import Sequence

import numpy as np
from PIL import Image

from ppl_mm.data_tools.demo.data import demo_sample, write_demo_data
from ppl_mm.formats.mask_file import voc_colors
from ppl_mm.utils import atomic_write
from ppl_mm.utils.cli import make_parser, run

# Of the preview.
_ROWS, _COLUMNS = 6, 6


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument('--out', default='data/demo', help='folder to write')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--train', type=int, default=480, help='images')
    parser.add_argument('--val', type=int, default=120, help='images')
    parser.add_argument('--size', type=int, default=96, help='pixels a side')
    parser.add_argument(
        '--preview', metavar='PNG', help='also write a sheet of the first training images and masks'
    )
    return parser.parse_args(argv)


def contact_sheet(seed: int, size: int) -> np.ndarray:
    """Return the first training images of a set, each with its mask at its right.

    Returns:
        RGB uint8, (6 * size, 12 * size, 3).
    """
    samples = [demo_sample(seed, 'train', index, size) for index in range(_ROWS * _COLUMNS)]
    pairs = np.stack(
        [np.hstack([sample.image, voc_colors()[sample.mask]]) for sample in samples]
    )  # (36, S, 2 S, 3)
    grid = pairs.reshape(_ROWS, _COLUMNS, size, 2 * size, 3)
    return grid.swapaxes(1, 2).reshape(_ROWS * size, _COLUMNS * 2 * size, 3)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the data set and say what was done."""
    args = parse_args(argv)
    written = write_demo_data(args.out, args.seed, args.train, args.val, args.size)
    state = 'written' if written else 'complete already'
    print(
        f'{args.out}: {args.train} training and {args.val} validation '
        f'images, seed {args.seed}: {state}'
    )
    if args.preview:
        with atomic_write(args.preview) as file:
            Image.fromarray(contact_sheet(args.seed, args.size)).save(file, format='PNG')


if __name__ == '__main__':
    run(main)
