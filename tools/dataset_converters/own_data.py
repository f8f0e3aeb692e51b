"""Make a data set of your own photographs.

  python own_data.py photos --out data/mine
      a folder for each class: photos/cat/1.jpg, photos/dog/2.jpg; the same
      photo in two of them has both classes; photos of the folder _negative
      show none of the classes
  python own_data.py photos --labels labels.csv --out data/mine
      any folder, and a CSV (image,labels) or JSON, see docs/data.md; photos
      with an empty label show none of the classes, photos that the file does
      not name are kept as unlabelled

OUT is what every command of this project reads: classes.txt, the labels,
upright images of 8 bits, lists of those to train and to validate on, masks if
there are some. sources.csv says which photo became which image. A second run
continues where the first was interrupted.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ppl_mm.data_tools.own.data import OwnData, OwnDataSummary
from ppl_mm.data_tools.own.mask_values import parse_meanings
from ppl_mm.data_tools.own.settings import OwnDataSettings
from ppl_mm.utils.cli import run


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('photos', type=Path, help='the folder of photos')
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('data/mine'),
        metavar='DIR',
        help='the data set to write (default: data/mine)',
    )
    add_label_options(parser)
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
        help="what a mask's values mean: a class, background, void, or object "
        "for the photo's one class, e.g. 0=background 255=object, or of masks with "
        'soft edges 0-127=background 128-255=object (default: 0 background, 1 the '
        'first class, 255 void)',
    )
    parser.add_argument(
        '--mask-overlap',
        choices=('later', 'void'),
        default='later',
        help='a pixel that several masks of one photo claim: the class of the later mask, '
        'or void (default: later)',
    )
    add_val_options(parser)
    parser.add_argument(
        '--max-long-side',
        type=int,
        default=2048,
        metavar='PIXELS',
        help='shrink larger photos, 0 to keep all sizes (default: 2048)',
    )
    parser.add_argument(
        '--white-level',
        type=int,
        metavar='N',
        help='what is white in photos of 16 bits, e.g. 4095 where a camera uses 12 of them '
        '(default: the most that the bits in use can hold, one level for all photos)',
    )
    parser.add_argument(
        '--link',
        action='store_true',
        help='hard links instead of copies of photos that need no change',
    )
    parser.add_argument(
        '--skip-bad',
        action='store_true',
        help='leave out photos and masks that cannot be used, and lines of --labels without photo',
    )
    parser.add_argument(
        '--workers', type=int, metavar='N', help='threads (default: one for each CPU)'
    )
    return parser.parse_args(argv)


def add_label_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what photos show."""
    parser.add_argument(
        '--labels',
        type=Path,
        metavar='FILE',
        help='a .csv or .json (default: a folder for each class)',
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
    parser.add_argument(
        '--classes',
        nargs='+',
        default=(),
        metavar='NAME',
        help='foreground classes in the order of their ids; photos that show others only are left '
        'out (default: all that the labels name, in natural order)',
    )
    parser.add_argument(
        '--negatives', type=Path, metavar='DIR', help='more photos, which show none of the classes'
    )
    parser.add_argument(
        '--negative-name',
        nargs='+',
        default=(),
        metavar='NAME',
        help='labels that mean "shows none of the classes", e.g. none, background or good',
    )


def add_val_options(parser: argparse.ArgumentParser) -> None:
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


def report(out: Path, summary: OwnDataSummary) -> None:
    """Print what was made, and what to do next."""
    if not summary.written:
        print(f'{out}: complete already')
    else:
        report_labels(out, summary)
    for note, count in summary.notes.items():
        print(f'  {count} {note}')
    if summary.white_level:
        print(f'  0..{summary.white_level} of 16 bits became 0..255; --white-level sets another')
    if summary.left_out:
        print(f'  {len(summary.left_out)} left out, see {out / "problems.txt"}')
    for kind, count in summary.skipped.items():
        print(f'  {count} not used: {kind}')
    if summary.skipped:
        print(f'  which photo or file became what: {out / "sources.csv"}')
    print(f'next: python tools/dataset_converters/check_dataset.py {out}')


def report_labels(out: Path, summary: OwnDataSummary) -> None:
    """Print how many images show what."""
    ids = ', '.join(f'{number}={name}' for number, name in enumerate(summary.classes, 1))
    print(f'{out}: values in masks: 0=background, {ids}')
    for split, size in summary.sizes.items():
        shown = [f'{name} {summary.counts[split][name]}' for name in summary.classes]
        if summary.counts[split]['']:
            shown.append(f'none {summary.counts[split][""]}')
        print(f'{out}: {split} {size} images' + f': {", ".join(shown)}' * (split != 'unlabelled'))
    negatives = summary.total('')
    print(
        f'{out}: {summary.sizes["train"] + summary.sizes["val"] - negatives} images with a class, '
        f'{negatives} without, {summary.sizes.get("unlabelled", 0)} unlabelled'
    )
    if summary.outside:
        names = ', '.join(f'{name} {count}' for name, count in summary.outside.items())
        print(f'  not among --classes: {names}; photos that show nothing else are left out')
    for name, near in summary.typos.items():
        print(
            f"warning: class '{name}' has {summary.total(name)} images and '{near}' "
            f'{summary.total(near)}; if it is misspelt, correct the labels and start again'
        )


def main(argv: Sequence[str] | None = None) -> None:
    """Make the data set."""
    args = parse_args(argv)
    settings = OwnDataSettings(
        photos=args.photos,
        out=args.out,
        labels=args.labels,
        val_labels=args.val_labels,
        label_pattern=args.label_pattern,
        class_folder=args.class_folder,
        negatives=args.negatives,
        negative_names=tuple(args.negative_name),
        masks=args.masks,
        classes=tuple(args.classes),
        val_share=args.val_share,
        val_list=args.val_list,
        seed=args.seed,
        max_long_side=args.max_long_side,
        link=args.link,
        mask_values=parse_meanings(args.mask_values),
        mask_overlap=args.mask_overlap,
        white_level=args.white_level,
    )
    report(args.out, OwnData(settings, args.workers).make(args.skip_bad))


if __name__ == '__main__':
    run(main)
