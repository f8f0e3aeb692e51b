"""The options of every command that starts a Runner, as OpenMMLab users know them."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config

from ..errors import UserError
from .config.reading import ConfigOptions
from .work_dir import check_name, check_own_config


def add_config_options(parser: ArgumentParser, example: str) -> None:
    """Add ``--cfg-options``, with an example of a setting that is worth changing."""
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        metavar='KEY=VALUE',
        help=f'change settings of the config, e.g. {example}',
    )


def add_work_dir(parser: ArgumentParser, what: str) -> None:
    """Add ``--work-dir``, see :func:`set_work_dir`; the help says what is written there."""
    parser.add_argument('--work-dir', help=f'for {what} (default: work_dirs/<config name>)')


def parse_runner_args(
    parser: ArgumentParser, example: str, arguments: Sequence[str] | None = None
) -> Namespace:
    """Parse a command line that may belong to one of several processes."""
    add_config_options(parser, example)
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='how processes are started; the shell scripts set it',
    )
    # torch.distributed.launch still passes one of these.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    args = parser.parse_args(arguments)
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def set_work_dir(cfg: Config, given: str | None) -> None:
    """Set where a run writes: what is given, else the config's own, else named after it.

    Raises:
        UserError: It is not a path; or see :mod:`.work_dir`, whose checks refuse it.
    """
    if given or not cfg.get('work_dir'):
        cfg.work_dir = given or f'work_dirs/{Path(cfg.filename).stem}'
    if not isinstance(cfg.work_dir, str):
        raise UserError(
            f'work_dir={cfg.work_dir}: must be the path of a folder; put one with commas in quotes'
        )
    check_name(cfg.work_dir)
    check_own_config(cfg)
