"""Measure the CAMs of an export at every threshold, in one pass.

EXPORT_DIR is a folder that tools/export_cam.py wrote (cams/ and export.json);
MASK_DIR holds the masks, often SegmentationClass. A threshold is the score of
the background: a pixel is its strongest class where that is above the threshold.

The command prints the curve, the scores per class at the best threshold and,
where the export has one, the mIoU at the export's own threshold. The masks of
the split that you name choose the best threshold. Reported on the same split it
is an upper bound; used on another split it is supervision, so name it. Where
each class has a threshold of its own, maps are first brought to a scale in which
it is 0.5.

It writes OUT.json and OUT.png, a plot of the curve: mIoU, precision and recall
over the threshold.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ppl_mm.cams import common_cut
from ppl_mm.errors import UserError
from ppl_mm.evaluation import ThresholdSweep, evaluate_folder, format_table, percent, summarize
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.ground_truth import GroundTruth, note_on_negatives
from ppl_mm.formats.image_list import read_ids
from ppl_mm.utils.cli import add_truth, make_parser, run
from ppl_mm.utils.files import check_output, check_outside, write_json
from ppl_mm.utils.text import counted
from ppl_mm.visualization.figures import new_figure, save_figure

# A sweep keeps two counts a class for each.
_MOST_THRESHOLDS = 10_000


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(
        __doc__,
        epilog='example: python tools/analysis_tools/eval_cam.py work_dirs/export '
        'data/mine/SegmentationClass --split data/mine/ImageSets/Segmentation/val.txt',
    )
    parser.add_argument('export_dir', metavar='EXPORT_DIR')
    add_truth(parser)
    parser.add_argument(
        '--thresholds',
        nargs=3,
        type=float,
        default=[0.01, 0.99, 0.01],
        metavar=('FIRST', 'LAST', 'STEP'),
        help='thresholds to try (default: 0.01 0.99 0.01); more cost nothing',
    )
    parser.add_argument(
        '--out',
        metavar='OUT',
        help='where to write, with .json or .png or without (default: EXPORT_DIR/eval/<split>)',
    )
    return parser.parse_args(argv)


def threshold_grid(first: float, last: float, step: float) -> list[float]:
    """Thresholds from first to last, both included, free of rounding dust."""
    count = 0
    if 0 <= first <= last <= 1 and step > 0:  # not of NaN
        count = int(min((last - first) / step, _MOST_THRESHOLDS) + 1e-6) + 1
    if not 0 < count <= _MOST_THRESHOLDS:
        raise UserError(
            f'--thresholds {first:g} {last:g} {step:g}: give 0 <= FIRST <= LAST <= 1 and a '
            f'positive STEP, at most {_MOST_THRESHOLDS:,} thresholds'
        )
    return [round(first + k * step, 9) for k in range(count)]


def plot(sweep: ThresholdSweep, title: str, path: Path, used: float | None) -> None:
    """Draw mIoU, precision and recall over the threshold, and the one that the export used."""
    curve, (best, miou) = sweep.curve(), sweep.best()
    figure = new_figure(6, 4)
    axes = figure.add_subplot()
    marker = '.' if len(curve['threshold']) < 10 else None
    for name in ('mIoU', 'precision', 'recall'):
        values = 100 * np.array(curve[name], float)
        axes.plot(
            curve['threshold'],
            values,
            label=name,
            marker=marker,
            linewidth=2.5 if name == 'mIoU' else 1.2,
        )
    axes.axvline(best, color='grey', linestyle='--', label=f'best: {100 * miou:.1f} at {best:g}')
    if used is not None:
        axes.axvline(used, color='grey', linestyle=':', label=f'of the export: {used:g}')
    axes.set(
        xlabel='threshold (score of the background)', ylabel='per cent', ylim=(0, 100), title=title
    )
    axes.legend()
    axes.grid(alpha=0.3)
    save_figure(figure, path)


def format_curve(sweep: ThresholdSweep) -> str:
    """Return the curve as a table of about 20 lines, the best one marked."""
    curve, (best, _) = sweep.curve(), sweep.best()
    names = [name for name in curve if name != 'threshold']
    lines = ['threshold' + ''.join(f'{name.replace("_activation", "-act."):>12}' for name in names)]
    every = -(-len(sweep.thresholds) // 20)
    for k, threshold in enumerate(curve['threshold']):
        if k % every == 0 or threshold == best:
            cells = ''.join(f'{percent(curve[name][k]):>12}' for name in names)
            lines.append(f'{threshold:9g}{cells}{"  best" if threshold == best else ""}')
    return '\n'.join(lines)


def print_tables(
    sweep: ThresholdSweep, scores: dict[float, dict], split: str, used: float | None
) -> None:
    """Print the curve, and the scores at the best threshold and at the export's."""
    best, _ = sweep.best()
    by_class = isinstance(sweep.used, list)
    if by_class:
        print(f'each class has its own threshold; maps are scaled so that it is {used:g}')
    print(
        f'{counted(sweep.num_images, "image")} of {split}{note_on_negatives(sweep.num_assumed)}, '
        'per cent\n'
        f'{format_curve(sweep)}\n\nat {best:g}, the best on {split}, '
        f'chosen by its masks:\n{format_table(scores[best])}'
    )
    if used is not None:
        whose = 'the thresholds' if by_class else 'the threshold'
        print(f'\nat {used:g}, {whose} of the export: mIoU {100 * scores[used]["mIoU"]:.2f}')


def output_stem(out: str) -> Path:
    """Return a path without the suffix of one of the two files that are written."""
    path = Path(out)
    return path.with_suffix('') if path.suffix.lower() in ('.json', '.png') else path


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print the tables, write the JSON and the plot."""
    args = parse_args(argv)
    thresholds = threshold_grid(*args.thresholds)
    folder = ExportFolder(args.export_dir)
    record, ids = folder.read(), read_ids(args.split)
    threshold, split = record.map_threshold, Path(args.split).stem
    used = None if threshold is None else common_cut(threshold)
    out = output_stem(args.out) if args.out else folder.root / 'eval' / split
    check_output(f'{out}.json', folder.record_path, *filter(None, [args.image_labels]))
    check_outside(f'{out}.png', args.mask_dir)
    given = [] if used is None else [used]
    sweep = evaluate_folder(
        folder.cam_dir,
        GroundTruth(args.mask_dir, args.image_labels, record.classes),
        ids,
        len(record.classes),
        [*thresholds, *given],
        background=record.background,
        used=threshold,
    )
    try:
        best, miou = sweep.best()
    except ValueError as error:
        raise UserError(
            f'{args.mask_dir}: {error}; the masks of {split} hold nothing but void'
        ) from error
    scores = {
        threshold: summarize(sweep.confusion(threshold), record.label_names)
        for threshold in [best, *given]
    }
    print_tables(sweep, scores, split, used)
    report = dict(
        export=args.export_dir,
        masks=args.mask_dir,
        split=split,
        num_images=len(ids),
        negatives_without_mask=sweep.num_assumed,
        best_threshold=best,
        best_mIoU=miou,
        best_threshold_from=f'the masks of {split}',
        export_threshold=threshold,
        scores_at_best=scores[best],
        curve=sweep.curve(),
        scores_at_export_threshold=scores.get(used),
    )
    write_json(f'{out}.json', report)
    plot(sweep, f'CAMs on {split}', Path(f'{out}.png'), used)
    print(f'\nwritten: {out}.json, {out}.png')


if __name__ == '__main__':
    run(main)
