"""Measure labels against masks: IoU of each class, and the mean.

LABEL_DIR holds a PNG per image, pseudo-labels (an export's labels/) or the
predictions of a network; MASK_DIR the masks, often SegmentationClass. Pixels:
0 = background, 1.. = the lines of --classes, 255 = void in a mask (skipped)
and "ignore" in a label (counted as wrong).

All images of the split go into one confusion matrix at the masks' size. A
class without a pixel in these masks is n/a and left out of the mean.

  precision    of the pixels predicted as the class, how many are right
  recall       of the pixels of the class, how many were found
  over-act.    false positives over the union: reaches beyond the object
  under-act.   false negatives over the union: leaves parts out
               (IoU + over-act. + under-act. = 100 % of each class; the means of
               the last two are without the background)
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
from collections.abc import Sequence
from pathlib import Path

from ppl_mm.evaluation import evaluate_labels, format_table, summarize
from ppl_mm.formats.class_list import read_label_names
from ppl_mm.formats.ground_truth import GroundTruth, note_on_negatives
from ppl_mm.formats.image_list import read_ids
from ppl_mm.utils.cli import add_truth, make_parser, run
from ppl_mm.utils.files import check_output, write_json
from ppl_mm.utils.text import counted


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(
        __doc__,
        epilog='example: python tools/analysis_tools/eval_labels.py work_dirs/export/labels '
        'data/mine/SegmentationClass --split data/mine/ImageSets/Segmentation/val.txt --classes '
        'data/mine/classes.txt --out val.json',
    )
    parser.add_argument('label_dir', metavar='LABEL_DIR')
    add_truth(parser)
    parser.add_argument(
        '--classes',
        required=True,
        metavar='FILE',
        help='classes.txt: one name per line, background first',
    )
    parser.add_argument(
        '--out',
        metavar='FILE',
        help='also write the numbers as JSON, fractions from 0 to 1, with the confusion matrix',
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print the table, write the JSON."""
    args = parse_args(argv)
    if args.out:
        check_output(args.out, args.classes, args.split, *filter(None, [args.image_labels]))
    names, ids = read_label_names(args.classes), read_ids(args.split)
    classes = names[1:]
    truth = GroundTruth(args.mask_dir, args.image_labels, classes)
    confusion = evaluate_labels(args.label_dir, truth, ids, len(classes))
    summary = summarize(confusion, names)
    note = note_on_negatives(len(truth.assumed))
    print(f'{counted(len(ids), "image")} of {args.split}{note}, per cent')
    print(format_table(summary))
    if args.out:
        report = dict(
            labels=args.label_dir,
            masks=args.mask_dir,
            split=Path(args.split).stem,
            num_images=len(ids),
            negatives_without_mask=len(truth.assumed),
            **summary,
        )
        write_json(args.out, report)


if __name__ == '__main__':
    run(main)
