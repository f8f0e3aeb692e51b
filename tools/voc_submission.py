"""Pack predictions for PASCAL VOC's evaluation server, or check an archive.

python tools/voc_submission.py PREDICTIONS --out submission.tgz
python tools/voc_submission.py --check submission.tgz

PREDICTIONS is a folder of PNGs <image>.png whose pixel is the label, 0 to 20,
as tools/test.py writes with --out. The archive holds

  results/VOC2012/Segmentation/comp6_test_cls/<image>.png

in VOC's palette; the same predictions give the same bytes. Exit status of
--check: 1 where something is wrong, a line for each fault.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
from collections.abc import Sequence
from pathlib import Path

from ppl_mm.errors import UserError
from ppl_mm.evaluation.voc_submission import ENDINGS, Split, check_archive, entries, write_archive
from ppl_mm.utils.cli import make_parser, run


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument('predictions', nargs='?', type=Path, help='folder of predicted labels')
    parser.add_argument(
        '--out', type=Path, metavar='ARCHIVE', help='archive to write, .tgz or .tar.gz'
    )
    parser.add_argument('--check', type=Path, metavar='ARCHIVE', help='archive to check')
    parser.add_argument(
        '--data-root',
        type=Path,
        default='data/VOCdevkit/VOC2012',
        help='with JPEGImages and ImageSets of the split (default: %(default)s)',
    )
    parser.add_argument(
        '--split',
        default='test',
        help='a list in ImageSets/Segmentation, or the path of a .txt (default: %(default)s)',
    )
    parser.add_argument(
        '--comp',
        type=int,
        choices=(5, 6),
        default=6,
        help="6: trained with anything besides VOC 2012's train and val, also ImageNet's weights "
        "or SBD's images; 5: with nothing besides (default: %(default)s)",
    )
    args = parser.parse_args(argv)
    to_write = (args.predictions, args.out)
    if any(to_write) if args.check else not all(to_write):
        parser.error('give PREDICTIONS and --out, or --check')
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Write and check, or check."""
    args = parse_args(argv)
    split = Split(args.data_root, args.split)
    archive = args.check or args.out
    if args.out:
        if not args.out.name.endswith(ENDINGS):
            raise UserError(
                f'--out {args.out}: must end in .tgz or .tar.gz, or the server refuses it'
            )
        write_archive(archive, args.comp, entries(args.predictions, split))
    faults = check_archive(archive, split)
    print('\n'.join(faults) or f'{archive}: {len(split.images):,} images, nothing is wrong')
    return int(bool(faults))


if __name__ == '__main__':
    run(main)
