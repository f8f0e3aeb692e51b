"""Check a data set before time is spent on it.

Reads every image and mask of the lists to train and to validate on, and says
what is wrong, how bad it is, and the way out. Works on the project's layout
and on a VOCdevkit as it is:

  python check_dataset.py data/mine
  python check_dataset.py data/VOCdevkit/VOC2012 --ann-file Annotations
  python check_dataset.py data/coco

Writes report.json and report.png into --out. The exit status is 0, or 1 if
there is an error: something that stops training or measuring.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ppl_mm.data_tools.check.findings import Finding, find_all
from ppl_mm.data_tools.check.scan import DatasetScan, ScanOptions, scan_dataset
from ppl_mm.formats.voc_layout import VOCLayout
from ppl_mm.utils.cli import run
from ppl_mm.utils.files import write_json
from ppl_mm.utils.text import printable
from ppl_mm.visualization.dataset_sheet import draw_dataset
from ppl_mm.visualization.figures import save_figure

_SHOWN = 5  # cases of a finding that are printed
_BAR = 30  # characters


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('root', type=Path, metavar='DATA_ROOT', help='the data set')
    parser.add_argument(
        '--ann-file',
        default='',
        metavar='FILE',
        help='labels below DATA_ROOT: .csv, .json, or a folder of XML '
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
    parser.add_argument(
        '--workers', type=int, metavar='N', help='threads (default: one for each CPU)'
    )
    return parser.parse_args(argv)


def describe(scan: DatasetScan) -> dict:
    """Figures of a data set, of JSON's types."""
    sizes = sorted(
        (facts.size for facts in scan.images.values() if not facts.problem),
        key=lambda size: size[0] * size[1],
    )
    return dict(
        data_root=str(scan.options.root),
        labels=scan.ann_file,
        classes=list(scan.classes),
        lists={name: len(ids) for name, ids in scan.lists.items()},
        train=scan.train,
        val=scan.options.val,
        images=len(scan.used()),
        masks=len(scan.masks),
        kinds=scan.kinds(),
        labels_per_image=float(
            np.mean([len(scan.labels.get(image, ())) for image in scan.used()] or [0])
        ),
        counts={split: scan.counts(split) for split in ('train', 'val')},
        sizes=dict(smallest=sizes[0], median=sizes[len(sizes) // 2], largest=sizes[-1])
        if sizes
        else {},
    )


def escape_names() -> None:
    """Let names print that hold characters which stdout does not have."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors='backslashreplace')


def _block() -> str:
    """What bars are made of."""
    try:
        '█'.encode(sys.stdout.encoding or 'utf-8')
    except UnicodeEncodeError:
        return '#'
    return '█'


def print_table(figures: dict) -> None:
    """Print counts of classes, with bars, and sizes."""
    print(
        '{}: {} images in {} and {}, {:.2f} labels an image, {} masks; labels of {}'.format(
            *(
                figures[key]
                for key in (
                    'data_root',
                    'images',
                    'train',
                    'val',
                    'labels_per_image',
                    'masks',
                    'labels',
                )
            )
        )
    )
    print(
        'images: {with_class} with a class, {without_class} without, {unlabelled} '
        'unlabelled'.format(**figures['kinds'])
    )
    train, val = figures['counts']['train'], figures['counts']['val']
    width = max(map(len, train), default=0)
    most = max([1, *train.values()])
    block = _block()
    print(f'{"class":{width}}  {"train":>6}  {"val":>6}')
    for name, count in train.items():
        bar = block * round(_BAR * count / most)
        print(f'{name:{width}}  {count:6}  {val[name]:6}  {bar}')
    if figures['sizes']:
        shown = ', '.join(
            '{} {} x {}'.format(name, *size) for name, size in figures['sizes'].items()
        )
        print(f'width x height of an image: {shown}')


def print_findings(findings: Sequence[Finding]) -> None:
    """Print what is wrong, each with some cases and the way out."""
    for finding in findings:
        print(printable(f'{finding.level}: {finding.text}'))
        for item in finding.items[:_SHOWN]:
            print(f'    {printable(item)}')
        if len(finding.items) > _SHOWN:
            print(f'    and {len(finding.items) - _SHOWN} more')
        if finding.advice:
            print(f'  -> {printable(finding.advice)}')


def main(argv: Sequence[str] | None = None) -> int:
    """Check; the status is 1 where an error was found."""
    args = parse_args(argv)
    scan = scan_dataset(
        ScanOptions(
            args.root,
            args.ann_file,
            args.image_dir,
            args.mask_dir,
            args.train,
            args.val,
            tuple(args.classes),
        ),
        args.workers,
    )
    findings, figures = find_all(scan), describe(scan)
    escape_names()
    print_table(figures)
    print_findings(findings)
    out = args.out or Path('work_dirs/check_dataset', args.root.resolve().name)
    write_json(out / 'report.json', dict(figures, findings=list(map(asdict, findings))))
    sizes = [facts.size for facts in scan.images.values() if not facts.problem]
    save_figure(draw_dataset(figures['counts'], sizes, str(args.root)), out / 'report.png')
    counts = [
        sum(finding.level == level for finding in findings)
        for level in ('error', 'warning', 'note')
    ]
    print(
        '{} errors, {} warnings, {} notes; {}/report.json and report.png hold them all'.format(
            *counts, out
        )
    )
    return int(counts[0] > 0)


if __name__ == '__main__':
    run(main)
