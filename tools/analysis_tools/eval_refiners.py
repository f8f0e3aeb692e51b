"""Measure chains of refiners on a split with masks, beside each other.

CAM_DIR is a folder that tools/export_cam.py wrote. CONFIG is Python, so that
loops can make many chains:

  background = dict(type='ppl_mm.ConstantBackground', threshold=0.3)
  chains = dict(crf=dict(refiners=[background, dict(type='ppl_mm.DenseCRF')]))
  for alpha in (4, 8, 16):
      chains[f'alpha {alpha}'] = dict(
          refiners=[dict(type='ppl_mm.AlphaBackground', alpha=alpha)])

The chain "raw", the maps cut at the threshold of the export, is added. Each
chain is run over the whole split and measured against the masks; nothing but
OUT is written. A second run measures only what is new or has changed. What
the masks of a split have chosen is supervision: choose on one split, report
on another.

Pixels that a label rule ignores count as wrong, see docs/evaluation.md; their
share stands beside. Seconds are processor time for an image, without reading
and writing.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ppl_mm.apis.compare_chains import ChainComparison, ChainMeter, read_chains
from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.apis.refining.image_refiner import refine_image
from ppl_mm.evaluation import percent
from ppl_mm.formats.ground_truth import GroundTruth
from ppl_mm.utils.cli import add_maps_to_refine, make_parser, run
from ppl_mm.utils.config.reading import read_config
from ppl_mm.utils.text import counted
from ppl_mm.visualization import Cell, draw_panel, overlay_label, save_figure


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(
        __doc__,
        epilog='example: python tools/analysis_tools/eval_refiners.py '
        'work_dirs/export_cam chains.py --split train --limit 100',
    )
    parser.add_argument('cam_dir', metavar='CAM_DIR')
    parser.add_argument('config', metavar='CONFIG')
    parser.add_argument(
        '--split', required=True, help='a list in ImageSets/Segmentation, of images with masks'
    )
    add_maps_to_refine(parser)
    parser.add_argument('--limit', type=int, metavar='N', help='only the first N images')
    parser.add_argument(
        '--out',
        metavar='JSON',
        help='where the numbers are kept (default: CAM_DIR/eval/refiners_<split>.json)',
    )
    parser.add_argument(
        '--picture',
        nargs='+',
        default=[],
        metavar='IMAGE_ID',
        help='also draw these images through every chain, beside the JSON',
    )
    args = parser.parse_args(argv)
    if args.limit is not None and args.limit < 1:
        parser.error('--limit must be 1 or more')
    if args.out is None:
        first = f'_first{args.limit}' if args.limit else ''
        args.out = f'{args.cam_dir}/eval/refiners_{args.split.replace("/", "_")}{first}.json'
    return args


def format_chains(report: dict, names: Sequence[str]) -> str:
    """Return chains as a table, a line each: per cent, and seconds of processor time."""
    width = max(len(name) for name in [*names, 'chain'])
    titles = ('mIoU', 'precision', 'recall', 'ignored', 's/image')
    lines = [f'{"chain":{width}}' + ''.join(f'{t:>11}' for t in titles)]
    for name in names:
        scores = report['chains'][name]
        cells = [percent(scores[key]) for key in ('mIoU', 'precision', 'recall', 'ignored_share')]
        cells.append(f'{scores["seconds_per_image"]:.3f}')
        lines.append(f'{name:{width}}' + ''.join(f'{c:>11}' for c in cells))
    return '\n'.join(lines)


def draw(meter: ChainMeter, stems: Sequence[str], path: Path) -> None:
    """Draw images, a row each, through every chain."""
    rows = [_first_cells(meter, stem) for stem in stems]
    for name in meter.chains:
        for row, stem in zip(rows, stems, strict=True):
            row.append(_cell(meter, name, stem))
    figure = draw_panel(
        ['image', 'mask', *meter.chains], rows, stems, meter.folder.record.label_names
    )
    save_figure(figure, path)


def _first_cells(meter: ChainMeter, stem: str) -> list[Cell]:
    image, cam_file = meter.folder.read(stem)
    mask = meter.truth.read(stem, cam_file.size)
    return [Cell(image), Cell(overlay_label(image, mask))]


def _cell(meter: ChainMeter, name: str, stem: str) -> Cell:
    """An image labelled by a chain, and the share of pixels that are right."""
    image, cam_file = meter.folder.read(stem)
    mask = meter.truth.read(stem, cam_file.size)
    label, _ = refine_image(meter.chain(name), image, cam_file)
    right = np.mean((label == mask)[mask < 255])
    return Cell(overlay_label(image, label), f'{100 * right:.1f} % right')


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print the table, draw."""
    args = parse_args(argv)
    cfg = read_config(args.config)
    folder = CamFolder(args.cam_dir, args.data_root, args.image_dir)
    chains = read_chains(cfg, args.config, folder.record)
    comparison = ChainComparison(chains, folder, args.split, args.out, args.limit)
    _check_masks(comparison, args.picture)
    report = comparison.run(args.workers)
    print(
        f'{counted(report["num_images"], "image")} of {args.split}, per cent\n'
        f'{format_chains(report, list(chains))}\n\nwritten: {args.out}'
    )
    if args.picture:
        path = Path(args.out).with_suffix('.png')
        draw(ChainMeter(chains, folder, comparison.mask_dir), args.picture, path)
        print(f'written: {path}')


def _check_masks(comparison: ChainComparison, others: Sequence[str]) -> None:
    """Say at once that a split has no masks."""
    truth = GroundTruth(comparison.mask_dir, classes=comparison.folder.classes)
    for image_id in (*comparison.image_ids, *others):
        truth.check(image_id)


if __name__ == '__main__':
    run(main)
