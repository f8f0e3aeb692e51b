"""Checkpoints of mmengine: safe to read, checked when loaded, written whole."""

import os
import pickle
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any


def allow_mmengine_checkpoints(serialization: ModuleType) -> None:
    """Let ``torch.load(weights_only=True)`` read mmengine's checkpoints.

    They hold HistoryBuffers: open-mmlab/mmengine#1655. A HistoryBuffer is stored with its own
    methods, written as calls of ``getattr``; in its place stands a function that knows these
    methods only.
    """
    if not hasattr(serialization, 'add_safe_globals'):
        return  # a torch that is too old, see utils.versions
    try:
        import numpy as np
        from mmengine.logging.history_buffer import HistoryBuffer
    except ImportError:
        return
    serialization.add_safe_globals(
        [
            (_history_buffer_method, 'builtins.getattr'),
            HistoryBuffer,
            np.ndarray,
            np.dtype,
            *{
                type(np.dtype(code))
                for code in np.typecodes['AllFloat'] + np.typecodes['AllInteger'] + '?'
            },
            *_numpy_constructors(np),
        ]
    )


def _history_buffer_method(owner: type, name: str) -> Callable:
    """Do what ``getattr`` may do in a checkpoint."""
    from mmengine.logging.history_buffer import HistoryBuffer

    if owner is not HistoryBuffer or name not in ('min', 'max', 'mean', 'current'):
        raise pickle.UnpicklingError(f'a checkpoint has no use for getattr({owner!r}, {name!r})')
    return getattr(HistoryBuffer, name)


def _numpy_constructors(np: ModuleType) -> list[tuple[Callable, str]]:
    """Find numpy's constructors, under their names in 1.x and 2.x.

    They are taken from what numpy itself pickles: their module has moved.
    """
    array, scalar = np.zeros(1).__reduce__()[0], np.float64().__reduce__()[0]
    return [
        (constructor, f'numpy.{core}.multiarray.{name}')
        for core in ('core', '_core')
        for constructor, name in ((array, '_reconstruct'), (scalar, 'scalar'))
    ]


def guard_checkpoints(checkpoint: Any) -> None:
    """Have everything that loads weights through mmengine read and fit them as we do.

    mmengine loads what happens to fit and logs the rest as a warning, so that a backbone with
    nothing loaded trains from scratch: open-mmlab/mmdetection#1337, open-mmlab/mmdetection#11097.
    ``init_cfg``, ``load_from``, resuming and the inferencers all call the functions that are
    replaced here.
    """
    last_read = ''

    def read(cls: type, filename: str, map_location: Any = None, logger: Any = 'current') -> dict:
        """Read a checkpoint without running what is in it."""
        from ..utils.weights.checkpoint_file import read_checkpoint

        nonlocal last_read
        last_read = filename
        return read_checkpoint(filename)

    def read_part(prefix: str, filename: str, map_location: Any = None) -> Mapping:
        """Read the weights whose names begin with a prefix."""
        from ..utils.weights.names import without_prefix

        found = checkpoint.CheckpointLoader.load_checkpoint(filename)
        return without_prefix(found['state_dict'], prefix)

    def load(module: Any, state_dict: dict, strict: bool = False, logger: Any = None) -> None:
        """Load weights that fit, or say which do not."""
        from mmengine.logging import print_log

        from ..utils.weights.loading import load_weights

        print_log(load_weights(module, state_dict, last_read, whole=strict), logger='current')

    def read_url(
        url: str, model_dir: str | None = None, map_location: Any = None, **options: Any
    ) -> dict:
        """Read a checkpoint from the internet."""
        from ..utils.weights.checkpoint_file import read_download

        return read_download(url, model_dir)

    checkpoint.CheckpointLoader.load_checkpoint = classmethod(read)
    checkpoint._load_checkpoint_with_prefix = read_part
    checkpoint.load_state_dict = load
    checkpoint.load_url = read_url


def write_whole_files(registry: Any) -> None:
    """Have mmengine write its files whole, and beside a link instead of through it.

    Its backend empties the old file before it writes the new one. A kill in between loses both:
    open-mmlab/mmdetection#4835.
    """
    from ..utils.files import write_bytes

    mmengine_backend: Any = registry.LocalBackend

    class LocalBackend(mmengine_backend):
        """The files of this machine."""

        def put(self, obj: bytes, filepath: str | os.PathLike) -> None:
            """Write bytes, whole or not at all."""
            write_bytes(filepath, obj)

        def put_text(self, obj: str, filepath: str | os.PathLike, encoding: str = 'utf-8') -> None:
            """Write text, whole or not at all."""
            self.put(obj.encode(encoding), filepath)

    registry.register_backend('local', LocalBackend, force=True, prefixes='')
