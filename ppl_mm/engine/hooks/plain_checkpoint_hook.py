"""Save checkpoints that hold tensors and plain values, and nothing else."""

from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.hooks import Hook
from mmengine.logging import HistoryBuffer
from mmengine.runner import Runner

from ...errors import UserError
from ...registry import HOOKS

# What a run needs to continue, beside its weights.
_STATE = ('meta', 'message_hub', 'optimizer')


@HOOKS.register_module()
class PlainCheckpointHook(Hook):
    """Save checkpoints that anybody can load safely.

    mmengine keeps the history of every logged value as an object of its own.
    ``torch.load(weights_only=True)``, the default since torch 2.6, refuses those
    (open-mmlab/mmengine#1655). This hook writes them as lists, so that the file loads everywhere,
    also without ppl_mm. It turns them back when a run is resumed.

    Examples:
        >>> default_hooks = dict(
        ...     plain_checkpoint=dict(type='ppl_mm.PlainCheckpointHook'))
    """

    priority = 'LOWEST'  # after the hooks that put something in

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Make ``meta`` and ``message_hub`` plain."""
        for key in ('meta', 'message_hub'):
            if key in checkpoint:
                checkpoint[key] = to_plain(checkpoint[key])
        note = Path(runner.work_dir, 'last_checkpoint')
        if note.is_symlink() or note.is_fifo():  # mmengine would write into what it leads to
            note.unlink()

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Turn the histories of logged values back into mmengine's objects."""
        missing = [key for key in _STATE if not isinstance(checkpoint.get(key), Mapping)]
        if runner._resume and missing:
            raise UserError(
                f'{runner._load_from or runner.work_dir}: cannot be resumed, it holds weights '
                f'only (no {", ".join(missing)}); start from it with --cfg-options load_from=..'
            )
        if runner._resume:
            _check_progress(runner, checkpoint['meta'])
        hub = checkpoint.get('message_hub')
        if isinstance(hub, Mapping):
            scalars = hub.get('log_scalars', {})
            plain = {name: value for name, value in scalars.items() if isinstance(value, Mapping)}
            scalars.update({name: HistoryBuffer(**value) for name, value in plain.items()})


def _check_progress(runner: Runner, meta: Mapping) -> None:
    """Refuse a checkpoint that does not say how far its training was."""
    for key in ('epoch', 'iter'):
        if type(meta.get(key)) is not int or meta[key] < 0:
            raise UserError(
                f'{runner._load_from or runner.work_dir}: cannot be resumed, its meta.{key} is '
                f'{meta.get(key)!r}; start from it with --cfg-options load_from=..'
            )


def to_plain(value: Any) -> Any:
    """Return a copy of a value in dicts, lists, tuples and Python's numbers and strings.

    Args:
        value: Mappings, sequences, numpy arrays and scalars, paths and HistoryBuffers, also inside
            each other. Anything else, such as a tensor, stays.
    """
    if isinstance(value, HistoryBuffer):
        log_history, count_history = value.data
        return dict(
            log_history=log_history.tolist(),
            count_history=count_history.tolist(),
            max_length=value.max_length,
        )
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        kind = list if isinstance(value, list) else tuple
        return kind(to_plain(item) for item in value)
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return fspath(value) if isinstance(value, PathLike) else value
