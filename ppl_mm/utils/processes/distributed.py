"""Set up several processes, on GPUs or on CPUs, and let one of them act for all."""

import atexit
import ctypes
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, TypeVar

import torch
from mmengine.config import Config, ConfigDict
from mmengine.dist import all_gather_object, broadcast_object_list, init_dist, is_main_process
from mmengine.utils.dl_utils import set_multi_processing
from torch import distributed

from ...errors import UserError
from ..console import warn
from .to_launcher import LAUNCHER_VARIABLE

T = TypeVar('T')
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def setup(cfg: Config, launcher: str) -> None:
    """Prepare a config, and the process group, for a launcher.

    mmengine's launchers need a GPU (``init_dist`` sets the CUDA device). Without one, the group is
    made here, with gloo, and the model is wrapped without a device, so that the same commands run
    on CPUs.

    Args:
        cfg: The config of a Runner that is about to be built; changed in place.
        launcher: ``'none'``, ``'pytorch'``, ``'slurm'`` or ``'mpi'``.

    Raises:
        UserError: If there are more processes than GPUs, if the environment variables of
            ``'pytorch'`` are not set, or if a launcher needs a GPU and there is none.
    """
    cfg.launcher = launcher
    if launcher == 'none':
        return
    if launcher == 'pytorch' and 'RANK' not in os.environ:
        raise UserError(
            '--launcher pytorch: this process was not started by torchrun; '
            'use bash tools/dist_train.sh, dist_test.sh or dist_export_cam.sh'
        )
    if launcher == 'pytorch':
        _end_with_launcher()
    if torch.cuda.is_available():
        _check_gpus()
    elif launcher == 'pytorch':
        _setup_cpu(cfg)
    else:
        raise UserError(f'--launcher {launcher} needs a GPU; without one use --launcher pytorch')


def join(launcher: str) -> None:
    """Join the group of processes, see :func:`setup`, for a command that builds no Runner."""
    cfg = Config()
    setup(cfg, launcher)
    make_group(cfg)


def make_group(cfg: Config) -> None:
    """Make the group that the Runner of a config would make later, by its ``env_cfg``.

    It is for code that needs the rank before there is a Runner. An existing group stays, and a
    Runner uses it.
    """
    if cfg.launcher == 'none' or distributed.is_initialized():
        return
    env = cfg.get('env_cfg') or {}
    # The Runner does it before the group too; later it would warn.
    set_multi_processing(**env.get('mp_cfg', {}), distributed=True)
    init_dist(cfg.launcher, **env.get('dist_cfg', {}))


def on_main_process(call: Callable[[], T]) -> T:
    """Call a function in the main process only; return its result, which is pickled, in all.

    Every process must call this. An error that a user can fix is raised in all of them, so that
    none waits forever.
    """
    outcome: list = [None, None]
    if is_main_process():
        try:
            outcome[0] = call()
        except (UserError, OSError) as error:
            outcome[1] = error
    broadcast_object_list(outcome)
    if outcome[1] is not None:
        raise outcome[1]
    return outcome[0]


@contextmanager
def on_main(context: AbstractContextManager[T]) -> Iterator[T]:
    """Hold a context in the main process only, see :func:`on_main_process`.

    Yields:
        What it gives, which is pickled, in all processes.
    """
    with ExitStack() as held:
        yield on_main_process(lambda: held.enter_context(context))


def merged(part: Any) -> Any:
    """Return what all processes have counted, in each of them.

    Args:
        part: What this process has; its ``merge`` adds what another one has. It may change.
    """
    total, *others = all_gather_object(part)
    for other in others:
        total.merge(other)
    return total


def _end_with_launcher() -> None:
    """Have Linux end this process when torchrun is gone, even if it was killed.

    Otherwise the processes would continue to write into a folder in which the next run is at work.
    """
    launcher = int(os.environ.get(LAUNCHER_VARIABLE, os.getppid()))
    if sys.platform == 'linux':
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != launcher:  # it was gone before
        os._exit(1)


def _check_gpus() -> None:
    """Refuse two processes on one GPU, which would wait for each other forever."""
    processes = int(os.environ.get('LOCAL_WORLD_SIZE', 1))
    gpus = torch.cuda.device_count()
    if processes > gpus:
        raise UserError(
            f'{processes} processes, but {gpus} GPUs are visible: start one '
            'process per GPU (the GPUS argument, or CUDA_VISIBLE_DEVICES)'
        )


def _setup_cpu(cfg: Config) -> None:
    """Make a gloo group; have the Runner wrap the model for it."""
    if not distributed.is_initialized():
        distributed.init_process_group('gloo')
        # Left to the interpreter's end, its threads can abort the process.
        atexit.register(_end_group)
    wrapper = cfg.setdefault(
        'model_wrapper_cfg',
        ConfigDict(
            type='MMDistributedDataParallel',
            broadcast_buffers=False,
            find_unused_parameters=cfg.get('find_unused_parameters', False),
        ),
    )
    wrapper.device_ids = None
    if cfg.get('model') and _replace_sync_bn(cfg.model):
        warn('SyncBN needs GPUs: BN, with the statistics of each process, is used instead.')


def _end_group() -> None:
    if distributed.is_initialized():
        gc.collect()  # a runner is in a cycle, and its wrapped model holds the group
        distributed.destroy_process_group()


def _replace_sync_bn(node: ConfigDict | list) -> bool:
    """Write BN instead of SyncBN everywhere; return whether there was any."""
    found = False
    if isinstance(node, dict) and node.get('type') == 'SyncBN':
        node['type'], found = 'BN', True
    for child in node.values() if isinstance(node, dict) else node:
        if isinstance(child, (dict, list, tuple)):
            found |= _replace_sync_bn(child)
    return found
