"""Export CAMs and pseudo-labels from a trained classifier.

Runs the classifier over a split at several scales and flipped, and writes

  DIR/cams/<image>.npz     the maps of the image's classes, in 0..1
  DIR/labels/<image>.png   the pseudo-label: 0 = background, class id + 1
  DIR/export.json          what made them: checkpoint, threshold, classes

The background gets a constant score, the threshold. It is given (--threshold
0.2), taken from another export (--threshold other/export.json), chosen by the
maps alone (--threshold auto, without any mask), or chosen by mIoU on a split
that has masks (--threshold-split val), every threshold in one pass. Classes may
have thresholds of their own (docs/thresholds.md, A threshold for each class). Of data
without a background (docs/no_background.md) nothing is cut. --refine
CONFIG then sharpens the labels, as tools/refine.py does, into DIR/refined. A
second run continues where the first one stopped. A segmentation network's maps
are exported in the same way, with a config as configs/voc6/maps_seg_voc6.py
(docs/segmentation.md, A second round).
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
from collections.abc import Sequence

from mmengine.config import Config
from mmengine.dist import is_main_process

from ppl_mm.apis.export import CAMExport
from ppl_mm.apis.exporting.summary import ExportSummary
from ppl_mm.apis.refine import FolderRefinement
from ppl_mm.cams.threshold_choice import AUTO, DEFAULT_THRESHOLD, ThresholdChoice
from ppl_mm.errors import UserError
from ppl_mm.formats.class_list import NO_BACKGROUND
from ppl_mm.refine.config import CHAIN_KEYS, build_chain, chain_settings
from ppl_mm.utils.cli import add_max_pixels, make_parser, run
from ppl_mm.utils.config.reading import read_config, read_runner_config
from ppl_mm.utils.processes import distributed
from ppl_mm.utils.runner_arguments import parse_runner_args
from ppl_mm.utils.weights.loading import resolve_checkpoint


def parse_args() -> argparse.Namespace:
    """Arguments of the command."""
    parser = make_parser(
        __doc__,
        epilog='Several GPUs: bash tools/dist_export_cam.sh CONFIG CHECKPOINT GPUS --out-dir DIR',
    )
    parser.add_argument(
        'config', help="the config of the classifier, or of a segmentation network's maps"
    )
    parser.add_argument('checkpoint', help='its checkpoint, or its work folder')
    parser.add_argument('--out-dir', required=True, metavar='DIR', help='where to write')
    parser.add_argument(
        '--split',
        help='images to export: a list in ImageSets/Segmentation, e.g. train '
        "(default: the config's test_dataloader)",
    )
    add_threshold(parser)
    parser.add_argument(
        '--classes',
        choices=['labels', 'predicted'],
        help="whose maps to keep: the image-level labels' or the predicted "
        'classes (default: labels)',
    )
    parser.add_argument(
        '--refine',
        metavar='CONFIG',
        help='also refine, into DIR/refined: a config of tools/refine.py',
    )
    add_max_pixels(parser)
    args = parse_runner_args(
        parser, 'tta_model.cam_stride=8, or of that of --refine, e.g. refiners.0.threshold=0.3'
    )
    if args.threshold not in (None, AUTO) and args.threshold_split:
        parser.error('give --threshold or --threshold-split, not both')
    return args


def add_threshold(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where maps are cut."""
    parser.add_argument(
        '--threshold',
        metavar='T',
        help="score of the background, 0..1; an export.json to take it from; or 'auto', the maps "
        'choose it; classes may have their own: auto,crack=0.8,hole=0.9 '
        f"(default: the config's export_threshold, else {DEFAULT_THRESHOLD}, as IRN)",
    )
    parser.add_argument(
        '--expected-area',
        metavar='PERCENT',
        help='with auto: how much of an image its objects cover, e.g. 1-5%%; of classes: '
        'crack=0.1-1%%,hole=2-5%%',
    )
    parser.add_argument(
        '--threshold-split',
        metavar='SPLIT',
        help='choose the threshold by mIoU on this split, which has masks; with --threshold auto '
        'the maps have a say where there are few',
    )


def threshold_choice(args: argparse.Namespace, cfg: Config) -> ThresholdChoice:
    """Return how the options choose the threshold, or else the config."""
    given = args.threshold or cfg.get('export_threshold')
    choice = ThresholdChoice.given(str(given)) if given else ThresholdChoice()
    if args.threshold_split:
        choice = ThresholdChoice(split=args.threshold_split, auto=choice.auto)
    return choice.knowing(args.expected_area) if args.expected_area else choice


def unused_options(args: argparse.Namespace, summary: ExportSummary) -> list[str]:
    """Return a line where an option was given that data without a background have no use for."""
    given = [key for key in ('threshold', 'threshold_split', 'expected_area') if getattr(args, key)]
    if summary.origin != NO_BACKGROUND or not given:
        return []
    option = f'--{given[0].replace("_", "-")}'
    return [f'note: {option} is not used: every pixel belongs to a class, so no map is cut']


def read_configs(args: argparse.Namespace) -> tuple[Config, Config | None]:
    """Return the config of the export, and that of the refinement if there is one."""
    options, chain_options = dict(args.cfg_options or {}), {}
    for key in [key for key in options if key.split('.')[0] in CHAIN_KEYS]:
        chain_options[key] = options.pop(key)
    if chain_options and not args.refine:
        raise UserError(
            f'--cfg-options {next(iter(chain_options))}: is a setting of a refinement; '
            'give its config, too: --refine CONFIG'
        )
    cfg = read_runner_config(args.config, options, 'test_dataloader')
    if args.classes:
        cfg.merge_from_dict({'tta_model.classes': args.classes})
    if args.max_pixels is not None:
        cfg.merge_from_dict({'tta_model.max_pixels': args.max_pixels})
    refiners = read_config(args.refine, chain_options) if args.refine else None
    if refiners is not None:  # what is wrong is said before hours of export
        build_chain(chain_settings(refiners, args.refine))
    return cfg, refiners


def refine(export: CAMExport, refiners: Config, image_ids: Sequence[str], split: str | None) -> int:
    """Refine what was exported; return 1 where images have failed."""
    out_dir = export.folder.refined.root
    summary = FolderRefinement(refiners, export.cam_folder(), out_dir).run(image_ids, split)
    if is_main_process():
        print('\n'.join(summary.lines(out_dir)))
    return int(bool(summary.failed))


def main() -> int:
    """Export CAMs, choose a threshold, write labels."""
    args = parse_args()
    cfg, refiners = read_configs(args)
    choice = threshold_choice(args, cfg)
    checkpoint = resolve_checkpoint(args.checkpoint)
    distributed.setup(cfg, args.launcher)
    distributed.make_group(cfg)  # who writes what depends on the rank
    export = CAMExport(cfg, checkpoint, args.out_dir)
    summary = export.run(args.split, choice)
    if is_main_process():
        print('\n'.join([*summary.lines(args.out_dir), *unused_options(args, summary)]))
    return 0 if refiners is None else refine(export, refiners, summary.image_ids, args.split)


if __name__ == '__main__':
    run(main)
