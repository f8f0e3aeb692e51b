"""Make masks of your own images: one command from a folder to masks of all of them.

  python tools/make_masks.py photos --out masks_of_photos
      a folder for each class: photos/cat/1.jpg, photos/dog/2.jpg; images of
      the folder photos/_negative show none of the classes
  python tools/make_masks.py photos --out masks_of_photos --labels labels.csv
      any folder, and a CSV, or what COCO, YOLO, Label Studio, CVAT and others
      write, see docs/converter.md

It makes a data set, checks it, trains a classifier by image-level labels,
makes and refines pseudo-labels, trains a segmentation network on them and
labels every image with it: those to train and to validate on, those without a
label, and those that show none of the classes. No mask is needed; with --masks
everything is measured as well. It writes

  DIR/masks/    a mask for each image, at the same path, as PNG
  DIR/masks_geo/  of GeoTIFFs: their masks with the same georeference
  DIR/gallery/  pages to look at what came out
  DIR/model/    the network, for tools/predict.py
  DIR/data/, DIR/work/  the data set, and all steps with their logs

An interrupted run continues when the same command is given again.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ppl_mm.data_tools.own.arguments import add_data_options, settings_of
from ppl_mm.pipeline.closing import closing_lines
from ppl_mm.pipeline.make_masks import PRESETS, MaskJob, make_masks
from ppl_mm.utils.cli import add_workers, make_parser, run
from ppl_mm.utils.project import command_line
from ppl_mm.utils.runner_arguments import add_config_options


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument('images', type=Path, metavar='IMAGES', help='the folder of images')
    parser.add_argument('--out', type=Path, required=True, metavar='DIR', help='where to write')
    parser.add_argument(
        '--preset',
        default='',
        metavar='NAME',
        help=f'{", ".join(PRESETS)}, or the path of a pipeline config (default: quick without a '
        'GPU, else standard)',
    )
    parser.add_argument(
        '--device', default='', help='cpu, cuda or cuda:N (default: a GPU, if there is one)'
    )
    add_data_options(parser)
    parser.add_argument(
        '--skip-bad',
        action=argparse.BooleanOptionalAction,
        default=True,
        help='leave out and count images and masks that cannot be used, and lines of --labels '
        'without image (default: yes)',
    )
    add_workers(parser, 'threads that read images')
    parser.add_argument(
        '--threshold',
        default='',
        metavar='X',
        help='where maps are cut, 0..1: a higher one paints less; DIR/gallery shows five of them; '
        'for some classes: crack=0.8,hole=0.9 (default: the maps choose it)',
    )
    parser.add_argument(
        '--expected-area',
        default='',
        metavar='RANGE',
        help='how much of an image objects cover, e.g. 1-5%%, or those of some classes, e.g. '
        'crack=0.1-1%%,hole=2-5%%: the threshold is chosen to fit',
    )
    parser.add_argument(
        '--corrected',
        type=Path,
        metavar='DIR',
        help='after a first run: a copy of DIR/masks, some of them changed; those of train '
        'teach the network, the others measure it, and none is replaced (docs/own_masks.md)',
    )
    add_config_options(parser, 'segmentation_tta=True')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Make masks, and say where they are."""
    args = parse_args(argv)
    job = MaskJob(
        data=settings_of(args, args.images, args.out / 'data'),
        out=args.out,
        preset=args.preset,
        device=args.device,
        options=args.cfg_options or {},
        skip_bad=args.skip_bad,
        workers=args.workers,
        corrected=args.corrected,
        threshold=args.threshold,
        expected_area=args.expected_area,
        command=(*command_line('make_masks').split(), *(sys.argv[1:] if argv is None else argv)),
    )
    print('\n'.join(closing_lines(make_masks(job))))


if __name__ == '__main__':
    run(main)
