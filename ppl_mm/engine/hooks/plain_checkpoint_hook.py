"""Checkpoints that hold tensors and plain values, and nothing else."""

from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any

import numpy as np
from mmengine.hooks import Hook
from mmengine.logging import HistoryBuffer
from mmengine.runner import Runner

from ppl_mm.registry import HOOKS


@HOOKS.register_module()
class PlainCheckpointHook(Hook):
    """Saves checkpoints that anybody can load safely.

    mmengine keeps the history of every logged value as objects of its own,
    which ``torch.load(weights_only=True)``, the default since torch 2.6,
    refuses (open-mmlab/mmengine#1655). This hook writes them as lists, so that
    the file loads everywhere, also without ppl_mm, and turns them back when a
    run is resumed.

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

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Turn the histories of logged values back into mmengine's objects."""
        hub = checkpoint.get('message_hub')
        if isinstance(hub, Mapping):
            scalars = hub.get('log_scalars', {})
            scalars.update({name: _history_buffer(value) for name, value in scalars.items()})


def to_plain(value: Any) -> Any:
    """Write a value in dicts, lists, tuples and Python's numbers and strings.

    Args:
        value (Any): Of mappings, sequences, numpy arrays and scalars, paths
            and HistoryBuffers. What is none of these, a tensor for one, stays
            as it is.

    Returns:
        Any: The same in plain types; a copy, down to what stays as it is.
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


def _history_buffer(value: Any) -> Any:
    """The HistoryBuffer that was written as a dict; others stay."""
    return HistoryBuffer(**value) if isinstance(value, Mapping) else value
