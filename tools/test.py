"""Test a classifier (mAP) or a segmentation network (mIoU).

The weights must fit the config to the last key, see the error otherwise.
"""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse
from contextlib import ExitStack
from pathlib import Path

from mmengine.config import Config, ConfigDict
from mmengine.registry import RUNNERS
from mmengine.runner import Runner

from ppl_mm.datasets.pipelines import without_masks
from ppl_mm.errors import UserError
from ppl_mm.utils.cli import make_parser, run
from ppl_mm.utils.config.building import building, running
from ppl_mm.utils.config.reading import read_runner_config
from ppl_mm.utils.config.scope import is_segmentation
from ppl_mm.utils.files import naming_file
from ppl_mm.utils.locks import LOCK_NAME, hold_folder
from ppl_mm.utils.processes import distributed
from ppl_mm.utils.runner_arguments import add_work_dir, parse_runner_args, set_work_dir
from ppl_mm.utils.weights.loading import check_checkpoint, resolve_checkpoint


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line, which OpenMMLab users know."""
    parser = make_parser(
        __doc__, epilog='Several GPUs: bash tools/dist_test.sh CONFIG CHECKPOINT GPUS'
    )
    parser.add_argument('config', help='the config of the training')
    parser.add_argument('checkpoint', help='its checkpoint, or its work folder')
    add_work_dir(parser, 'logs and a JSON of the scores')
    parser.add_argument(
        '--out',
        metavar='PATH',
        help='save predictions: a folder of PNGs (segmentation), a .pkl file (classification)',
    )
    parser.add_argument(
        '--report',
        metavar='FILE',
        help='save scores per class and the confusion matrix of a segmentation network as JSON',
    )
    parser.add_argument(
        '--predict-only',
        action='store_true',
        help='only save predictions of a segmentation network, with --out: '
        "for a split without masks, such as VOC's test",
    )
    parser.add_argument('--show', action='store_true', help='show predictions')
    parser.add_argument('--show-dir', metavar='DIR', help='save images with predictions')
    parser.add_argument('--wait-time', type=float, default=2, help='seconds between images')
    parser.add_argument(
        '--tta', action='store_true', help="average over the views of the config's tta_pipeline"
    )
    return parse_runner_args(
        parser, 'test_dataloader.dataset.ann_file=ImageSets/Segmentation/train.txt', arguments
    )


def load_config(args: argparse.Namespace) -> Config:
    """Return the config with the command line's settings."""
    cfg = read_runner_config(args.config, args.cfg_options, 'test_dataloader')
    set_work_dir(cfg, args.work_dir)
    cfg.load_from, cfg.resume = resolve_checkpoint(args.checkpoint), False
    for part in ('train', 'val'):  # a test needs neither data nor masks of it
        cfg[f'{part}_dataloader'] = cfg[f'{part}_cfg'] = None
    cfg.val_evaluator = cfg.optim_wrapper = cfg.param_scheduler = None
    if args.tta:
        use_tta(cfg)
    if args.show or args.show_dir:
        show(cfg, args)
    save(cfg, args)
    if args.predict_only:
        predict_only(cfg, args)
    return cfg


def use_tta(cfg: Config) -> None:
    """Test on several views of each image."""
    for key in ('tta_model', 'tta_pipeline'):
        if not cfg.get(key):
            raise UserError(f'{cfg.filename}: --tta needs {key} in the config')
    cfg.test_dataloader.dataset.pipeline = cfg.tta_pipeline
    cfg.model = ConfigDict(cfg.tta_model, module=cfg.model)


def show(cfg: Config, args: argparse.Namespace) -> None:
    """Turn on the hook that draws predictions."""
    hook = cfg.default_hooks.get('visualization')
    if not hook:
        raise UserError(
            f'{cfg.filename}: --show and --show-dir need default_hooks.visualization in the config'
        )
    hook.update(show=args.show, wait_time=args.wait_time, interval=1)
    if is_segmentation(cfg):
        hook.draw = True
        cfg.visualizer.save_dir = args.show_dir
    else:
        hook.update(enable=True, out_dir=args.show_dir)


def save(cfg: Config, args: argparse.Namespace) -> None:
    """Add the metrics that write predictions and the confusion matrix."""
    metrics = cfg.test_evaluator
    metrics = list(metrics) if isinstance(metrics, list | tuple) else [metrics]
    if args.out and is_segmentation(cfg):
        metrics.append(ConfigDict(type='ppl_mm.LabelWriter', out_dir=args.out))
    elif args.out:
        if not args.out.endswith('.pkl'):
            raise UserError(
                f'--out {args.out}: give a file name ending in '
                '.pkl for the predictions of a classifier'
            )
        metrics.append(ConfigDict(type='DumpResults', out_file_path=args.out))
    if args.report:
        if not is_segmentation(cfg):
            raise UserError('--report: a classifier has no confusion matrix; leave it out')
        split = cfg.test_dataloader.dataset.get('ann_file') or 'all'
        metrics.append(
            ConfigDict(type='ppl_mm.SegConfusion', out_file=args.report, split=Path(split).stem)
        )
    cfg.test_evaluator = metrics


def predict_only(cfg: Config, args: argparse.Namespace) -> None:
    """Neither load masks nor compare with them."""
    if not is_segmentation(cfg) or not args.out or args.report:
        raise UserError(
            '--predict-only: saves predictions of a segmentation '
            'network; give --out and no --report'
        )
    dataset = cfg.test_dataloader.dataset
    dataset.pipeline = without_masks(dataset.pipeline)
    dataset.test_mode = True
    cfg.test_evaluator = [
        metric for metric in cfg.test_evaluator if metric.type == 'ppl_mm.LabelWriter'
    ]


def check_out(out: str) -> None:
    """Refuse a folder of other files, as the masks that are compared with.

    Raises:
        UserError: It holds files, and no run has written predictions there.
    """
    folder = Path(out)
    if folder.is_dir() and not (folder / LOCK_NAME).exists() and any(folder.glob('[!.]*')):
        raise UserError(f'--out {out}: holds other files than predictions; give another folder')


def check_names(runner: Runner, out: str) -> None:
    """Refuse to save two predictions as one file.

    mmseg calls a file as its image, without the folder that this lies in.

    Raises:
        UserError: If images in different folders have one name.
    """
    dataset = runner.test_loop.dataloader.dataset
    paths = {}
    for i in range(len(dataset)):
        path = dataset.get_data_info(i)['img_path']
        first = paths.setdefault(Path(path).stem, path)
        if first != path:
            raise UserError(
                f'--out {out}: {first} and {path} would both become {Path(path).stem}.png; test '
                'one folder after the other (a list in test_dataloader.dataset.ann_file), each '
                'with its own --out'
            )


def main() -> None:
    """Test."""
    args = parse_args()
    cfg = load_config(args)
    distributed.setup(cfg, args.launcher)
    with naming_file(cfg.work_dir):
        test(cfg, args.out)


def test(cfg: Config, out: str | None) -> None:
    """Build what a config says, and test it."""
    with building(cfg):
        runner = RUNNERS.build(cfg) if 'runner_type' in cfg else Runner.from_cfg(cfg)
        runner.test_loop  # noqa: B018
    check_checkpoint(runner.model, cfg.load_from)
    with ExitStack() as held:
        if out and is_segmentation(cfg):
            check_out(out)
            check_names(runner, out)
            distributed.on_main_process(lambda: held.enter_context(hold_folder(out)))
        with running(cfg):
            runner.test()


if __name__ == '__main__':
    run(main)
