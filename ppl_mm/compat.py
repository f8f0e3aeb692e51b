"""Workarounds for problems of other packages, all of them in this module.

Nothing heavy is imported here: what concerns a module is done right after
somebody else imports it. Each workaround names the upstream thread that
explains it and goes when a release has it.
"""

import importlib.abc
import importlib.machinery
import pickle
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .errors import UserError


def apply() -> None:
    """Prepare mmengine, torch and mmcv-lite for ppl_mm; a second call is idle.

    To be called before mmseg and mmpretrain are imported: ``import ppl_mm``
    does it.
    """
    _register_package()
    if not any(isinstance(finder, _AtImport) for finder in sys.meta_path):
        sys.meta_path.append(_CompiledOpsFinder())
        sys.meta_path.insert(
            0,
            _AtImport(
                before=dict.fromkeys(('mmcv', 'mmseg', 'mmpretrain'), check_versions),
                after={
                    'torch.serialization': allow_mmengine_checkpoints,
                    'mmengine.fileio.backends.registry_utils': write_whole_files,
                    'mmengine.runner.checkpoint': guard_checkpoints,
                    'mmpretrain.utils.dependency': leave_out_multimodal,
                },
            ),
        )


def _register_package() -> None:
    """Let ``_base_ = 'ppl_mm::...'`` and mmengine.hub find our configs.

    mmengine knows packages by a fixed list: open-mmlab/mmengine#1410.
    """
    try:
        from mmengine.config.utils import MODULE2PACKAGE
    except ImportError:
        return  # utils.versions and pip say what is missing
    MODULE2PACKAGE['ppl_mm'] = 'ppl_mm'


# Takes a module, whose attributes only the library's version tells.
Action = Callable[[Any], None]


class _AtImport(importlib.abc.MetaPathFinder):
    """Call a function right before or after a module is executed.

    Args:
        before: Full module name -> function of the module,
            or of None, once, where there is no such module.
        after: The same; a module that is imported already
            gets its call now.
    """

    def __init__(self, before: dict[str, Action], after: dict[str, Action]):
        self.before, self.after = before, after
        for name in after:
            if name in sys.modules:
                after[name](sys.modules[name])

    def find_spec(self, fullname, path=None, target=None):
        if fullname not in self.before and fullname not in self.after:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        specs = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and spec.loader is not None:
            self._extend(spec.loader, fullname)
        elif spec is None:  # it may be known why; asked once, as it looks too
            self.before.pop(fullname, _nothing)(None)
        return spec

    def _extend(self, loader: importlib.abc.Loader, name: str) -> None:
        execute = loader.exec_module

        def exec_module(module):
            self.before.get(name, _nothing)(module)
            execute(module)
            self.after.get(name, _nothing)(module)

        # On the instance: the loader stays of its class, which inspect needs.
        vars(loader)['exec_module'] = exec_module


def _nothing(module: Any) -> None:
    pass


def check_versions(module: Any) -> None:
    """Say which versions do not fit, before mmseg asserts it without a way out.

    mmseg refuses mmcv 2.2 with "Please install mmcv>=2.0.0rc4":
    open-mmlab/mmsegmentation#3729. A command that imports it outside of
    :func:`ppl_mm.utils.cli.run` still ends with one line.

    Args:
        module: The one that is about to be executed;
            not used.

    Raises:
        UserError: See :func:`ppl_mm.utils.versions.check`.
    """
    from .utils import versions

    try:
        versions.check()
    except UserError:
        sys.excepthook = _show_user_error
        raise


def leave_out_multimodal(dependency: Any) -> None:
    """Keep mmpretrain importable beside a transformers that it does not know.

    mmpretrain 1.2 imports its vision-language models wherever transformers is
    installed, and dies ("NoneType takes no arguments") since transformers 4.56
    has moved what they are built on. Without that package mmpretrain has
    placeholders for them; it gets these here.

    Args:
        dependency: ``mmpretrain.utils.dependency``.
    """
    from .utils import versions

    if versions.has_moved_transformers():
        dependency.WITH_MULTIMODAL = False


def _show_user_error(kind, error, traceback) -> None:
    if isinstance(error, UserError):
        print(f'error: {error}', file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)


class _CompiledOpsFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Provide a stand-in for ``mmcv._ext`` where nobody else has one.

    mmseg imports compiled operators that most of its models never call, so
    that it dies at import under mmcv-lite: open-mmlab/mmsegmentation#871. Last
    in ``sys.meta_path``, this never hides compiled operators.
    """

    name = 'mmcv._ext'

    def find_spec(self, fullname, path=None, target=None):
        if fullname != self.name:
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def create_module(self, spec):
        return _CompiledOpsStandIn(spec.name)

    def exec_module(self, module):
        pass


class _CompiledOpsStandIn(ModuleType):
    """Provide every operator by name; each says why it cannot run."""

    def get_compiler_version(self) -> str:
        return 'n/a'  # asked for by collect_env

    get_compiling_cuda_version = get_compiler_version

    def __getattr__(self, name: str) -> Callable:
        if name.startswith('__'):
            raise AttributeError(name)

        def operator(*args: Any, **kwargs: Any) -> None:
            raise UserError(
                f'the compiled operator {name} is not in mmcv-lite: choose a '
                'model without it, or install the full mmcv: pip uninstall '
                '-y mmcv-lite && pip install "mmcv>=2.0.0,<2.2.0"'
            )

        operator.__name__ = name
        return operator


def allow_mmengine_checkpoints(serialization: ModuleType) -> None:
    """Let ``torch.load(weights_only=True)`` read mmengine's checkpoints.

    They hold HistoryBuffers: open-mmlab/mmengine#1655. A HistoryBuffer is
    stored with its own methods, written as calls of ``getattr``; in its place
    stands a function that knows these methods only.

    Args:
        serialization: ``torch.serialization``.
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

    mmengine loads what happens to fit and logs the rest as a warning, so that
    a backbone with nothing loaded trains from scratch: open-mmlab/mmdetection#1337,
    open-mmlab/mmdetection#11097. ``init_cfg``, ``load_from``, resuming and the
    inferencers all call the functions that are replaced here.

    Args:
        checkpoint: ``mmengine.runner.checkpoint``.
    """
    last_read = ''

    def read(cls, filename, map_location=None, logger='current'):
        from .utils.checkpoint_file import read_checkpoint

        nonlocal last_read
        last_read = filename
        return read_checkpoint(filename)

    def read_part(prefix, filename, map_location=None):
        from .utils.weight_names import without_prefix

        found = checkpoint.CheckpointLoader.load_checkpoint(filename)
        return without_prefix(found['state_dict'], prefix)

    def load(module, state_dict, strict=False, logger=None):
        from mmengine.logging import print_log

        from .utils.checkpoints import load_weights

        print_log(load_weights(module, state_dict, last_read, whole=strict), logger='current')

    def read_url(url, model_dir=None, map_location=None, **options):
        from .utils.checkpoint_file import read_download

        return read_download(url, model_dir)

    checkpoint.CheckpointLoader.load_checkpoint = classmethod(read)
    checkpoint._load_checkpoint_with_prefix = read_part
    checkpoint.load_state_dict = load
    checkpoint.load_url = read_url


def write_whole_files(registry: Any) -> None:
    """Have mmengine write its files whole, and beside a link instead of through it.

    Its backend empties the old file before it writes the new one. A kill in
    between loses both: open-mmlab/mmdetection#4835.

    Args:
        registry: ``mmengine.fileio.backends.registry_utils``.
    """
    from .utils.files import atomic_write

    mmengine_backend: Any = registry.LocalBackend

    class LocalBackend(mmengine_backend):
        def put(self, obj: bytes, filepath) -> None:
            with atomic_write(filepath) as file:
                file.write(obj)

        def put_text(self, obj: str, filepath, encoding: str = 'utf-8') -> None:
            self.put(obj.encode(encoding), filepath)

    registry.register_backend('local', LocalBackend, force=True, prefixes='')
