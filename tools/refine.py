"""Refine exported CAMs into sharper pseudo-labels.

CAM_DIR is a folder that tools/export_cam.py wrote; CONFIG says what is done to
each of its images, step by step, and how the result becomes a label:

  refiners = [
      dict(type='ppl_mm.ConstantBackground', threshold=0.3),
      dict(type='ppl_mm.DenseCRF', preset='psa')]
  label = dict(type='ppl_mm.Strongest')   # the default
  max_pixels = 4_000_000   # larger images are refined at about this size
  tiles = False            # True: in tiles of this size instead (--max-pixels)
  least_left = 0           # 0.02: objects of which less is left are put back
  refuse_useless = False   # True: labels that cover too much, or nothing, are an error
  chains = dict(crf=dict(refiners=[..]))   # others, for --chain-from SPLIT

Written are

  DIR/labels/<image>.png   0 = background, class id + 1, 255 = ignore
  DIR/cams/<image>.npz     with --save-scores: the refined maps, in 0..1
  DIR/export.json          what made them, and which images failed

so that DIR can stand wherever a folder of tools/export_cam.py can. An image
that cannot be refined stops no other: it is named at the end, and the exit
status is 1. A second run continues where the first one stopped and tries what
failed again.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from mmengine.config import Config
from mmengine.dist import is_main_process

from ppl_mm.apis.exporting.cam_folder import CamFolder
from ppl_mm.apis.refine import CONFIG_KEYS, FolderRefinement
from ppl_mm.apis.refining.chain_choice import chain_of, choose_chain
from ppl_mm.refine.config import CHAIN_KEYS
from ppl_mm.utils.cli import add_maps_to_refine, make_parser, run
from ppl_mm.utils.config.reading import read_config
from ppl_mm.utils.processes import distributed
from ppl_mm.utils.runner_arguments import parse_runner_args
from ppl_mm.utils.text import counted


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Arguments of the command."""
    parser = make_parser(
        __doc__,
        epilog='example: python tools/refine.py crf.py work_dirs/export_cam '
        '--out-dir work_dirs/refined\n'
        'several GPUs or machines: bash tools/dist_refine.sh CONFIG CAM_DIR '
        'GPUS --out-dir DIR',
    )
    parser.add_argument('config', metavar='CONFIG', help='refiners, label, max_pixels')
    parser.add_argument('cam_dir', metavar='CAM_DIR', help='from tools/export_cam.py')
    parser.add_argument('--out-dir', required=True, metavar='DIR', help='where to write')
    parser.add_argument(
        '--split',
        help='images to refine: a list in ImageSets/Segmentation, '
        'e.g. train (default: every image that has a CAM)',
    )
    add_maps_to_refine(parser)
    parser.add_argument(
        '--max-pixels',
        type=int,
        metavar='N',
        help='refine images with more pixels at their own size, in tiles of N pixels that overlap '
        '(default: at a smaller size, see max_pixels)',
    )
    parser.add_argument(
        '--masks',
        metavar='DIR',
        help='<image>.png of some images: masks that a person has drawn, which become the labels '
        'of these images as they are',
    )
    parser.add_argument(
        '--chain-from',
        metavar='SPLIT',
        help='take what is best on the masks of this split: the steps of CONFIG, one of its '
        'chains, or the maps alone; or the export.json of a refinement, for the same steps',
    )
    parser.add_argument(
        '--save-scores',
        action='store_true',
        help='also write the refined maps, e.g. for eval_cam.py',
    )
    args = parse_runner_args(parser, 'refiners.0.threshold=0.2', argv)
    if (args.chain_from or '').endswith('.json'):
        _refuse_others(parser, args)
    return args


def _refuse_others(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Refuse options of a chain beside the refinement whose chain is taken."""
    given = [name for name in args.cfg_options or {} if name.split('.')[0] in CHAIN_KEYS]
    given += ['--max-pixels'] if args.max_pixels is not None else []
    if given:
        parser.error(f'{given[0]}: is that of the refinement of --chain-from; give one of both')


def choose(cfg: Config, folder: CamFolder, args: argparse.Namespace) -> tuple[Mapping, dict | None]:
    """Return the config with the chain that --chain-from says, and how that was chosen."""
    if not args.chain_from:
        return cfg, None
    if args.chain_from.endswith('.json'):
        return chain_of(cfg, Path(args.chain_from))
    split = args.chain_from
    cfg, chosen = choose_chain(cfg, args.config, folder, split, args.workers)
    scores = ', '.join(f'{name} {100 * miou:.1f}' for name, miou in chosen['mIoU'].items())
    masks = counted(chosen['num_images'], 'mask')
    print(f'{chosen["chain"]} is taken, by {masks} of {split}: mIoU {scores}')
    for name, why in chosen['left_out'].items():
        print(f'note: {name} was not tried: {why}')
    return cfg, chosen


def main(argv: Sequence[str] | None = None) -> int:
    """Refine a folder; the status is 1 where images have failed."""
    args = parse_args(argv)
    options = dict(args.cfg_options or {})
    if args.max_pixels is not None:
        options |= dict(max_pixels=args.max_pixels, tiles=True)
    cfg = read_config(args.config, options, CONFIG_KEYS)
    if args.max_pixels is not None and isinstance(cfg.get('chains'), dict):
        size = dict(max_pixels=args.max_pixels, tiles=True)
        cfg.chains = {name: dict(chain, **size) for name, chain in cfg.chains.items()}
    folder = CamFolder(args.cam_dir, args.data_root, args.image_dir)
    image_ids = folder.image_ids(args.split)
    distributed.join(args.launcher)
    cfg, chosen = distributed.on_main_process(lambda: choose(cfg, folder, args))
    refinement = FolderRefinement(cfg, folder, args.out_dir, args.save_scores, args.masks, chosen)
    summary = refinement.run(image_ids, args.split, args.workers)
    if is_main_process():
        print('\n'.join(summary.lines(args.out_dir)))
    return int(bool(summary.failed))


if __name__ == '__main__':
    run(main)
