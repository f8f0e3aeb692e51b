"""Train a classifier or a segmentation network from a config."""

import ppl_mm.utils.interrupts  # noqa: F401  # isort: skip  (first: Ctrl-C ends imports, too)

import argparse

from mmengine.config import Config, ConfigDict
from mmengine.dist import get_world_size, is_main_process
from mmengine.registry import RUNNERS
from mmengine.runner import Runner

from ppl_mm.errors import UserError
from ppl_mm.utils.batches import require_batches
from ppl_mm.utils.cli import make_parser, run
from ppl_mm.utils.config.building import building, running
from ppl_mm.utils.config.no_effect import warn_of_settings
from ppl_mm.utils.config.reading import read_runner_config
from ppl_mm.utils.console import warn
from ppl_mm.utils.processes import distributed
from ppl_mm.utils.runner_arguments import add_work_dir, parse_runner_args, set_work_dir
from ppl_mm.utils.weights.loading import check_checkpoint
from ppl_mm.utils.work_dir import hold_work_dir, remove_old_run, set_start


def parse_args() -> argparse.Namespace:
    """Read the command line, which OpenMMLab users know."""
    parser = make_parser(
        __doc__,
        epilog='Several GPUs: bash tools/dist_train.sh CONFIG GPUS. '
        'A run that was interrupted continues with --resume.',
    )
    parser.add_argument('config', help='e.g. configs/ppl/cls_progressive.py')
    add_work_dir(parser, 'checkpoints and logs')
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='CHECKPOINT',
        help='continue a run: from its latest checkpoint, or from this one',
    )
    parser.add_argument(
        '--overwrite',
        action='store_true',
        help='start anew in a folder with checkpoints of another run, and remove them',
    )
    parser.add_argument('--amp', action='store_true', help='mixed precision, on a GPU')
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale the learning rate by total batch / base batch',
    )
    parser.add_argument('--no-validate', action='store_true', help='no validation in between')
    return parse_runner_args(parser, 'train_cfg.max_epochs=3')


def load_config(args: argparse.Namespace) -> Config:
    """Return the config with the command line's settings."""
    cfg = read_runner_config(args.config, args.cfg_options, 'train_dataloader')
    set_work_dir(cfg, args.work_dir)
    if args.amp:
        use_amp(cfg)
    if args.no_validate:
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    if args.auto_scale_lr:
        scaling = cfg.setdefault('auto_scale_lr', ConfigDict())
        if not scaling.get('base_batch_size'):
            raise UserError(
                f'{args.config}: --auto-scale-lr needs auto_scale_lr.base_batch_size in the config'
            )
        scaling.enable = True
    set_start(cfg, args.resume, args.overwrite)
    return cfg


def use_amp(cfg: Config) -> None:
    """Train in mixed precision."""
    import torch

    if not torch.cuda.is_available():
        raise UserError('--amp needs a GPU; leave it out on a CPU')
    cfg.optim_wrapper.type = 'AmpOptimWrapper'
    cfg.optim_wrapper.setdefault('loss_scale', 'dynamic')


def warn_of_batch(cfg: Config) -> None:
    """Warn where the total batch is not the one that the learning rate is for."""
    scaling = cfg.get('auto_scale_lr') or {}
    base = scaling.get('base_batch_size')
    per_process = cfg.train_dataloader.get('batch_size')
    total = per_process * get_world_size() if per_process else None
    if base and total and total != base and not scaling.get('enable'):
        warn(
            f'The total batch is {per_process} x {get_world_size()} = {total}, but the learning '
            f'rate is for {base}: pass --auto-scale-lr, or set train_dataloader.batch_size.'
        )


def check_start(runner: Runner) -> None:
    """Refuse weights of another architecture, before they cost time."""
    path = runner._load_from
    if path and '://' not in path:
        # A new run may have another head, as after ImageNet.
        check_checkpoint(runner.model, path, whole=runner._resume)


def main() -> None:
    """Train."""
    args = parse_args()
    cfg = load_config(args)
    distributed.setup(cfg, args.launcher)
    distributed.make_group(cfg)
    with hold_work_dir(cfg, args.overwrite):
        train(cfg, args.overwrite)


def train(cfg: Config, overwrite: bool) -> None:
    """Train in a folder that this run holds."""
    with building(cfg):
        runner = RUNNERS.build(cfg) if 'runner_type' in cfg else Runner.from_cfg(cfg)
        # Built now, so that its faults are told before the first step.
        require_batches(runner.train_loop.dataloader)
    warn_of_batch(cfg)
    warn_of_settings(cfg, runner.model)
    check_start(runner)
    if overwrite and is_main_process():
        remove_old_run(cfg)
    try:
        with running(cfg):
            runner.train()
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt('the same command with --resume continues') from error


if __name__ == '__main__':
    run(main)
