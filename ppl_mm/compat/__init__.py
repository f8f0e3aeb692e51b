"""Workarounds for problems of other packages, all of them in this package.

Nothing heavy is imported here: what concerns a module is done right after somebody else imports it.
Each workaround names the upstream thread that explains it and goes when a release has it.
"""

import sys
from typing import Any

from ..errors import UserError
from .checkpoints import allow_mmengine_checkpoints, guard_checkpoints, write_whole_files
from .imports import AtImport, CompiledOpsFinder


def apply() -> None:
    """Prepare mmengine, torch and mmcv-lite for ppl_mm; a second call is idle.

    To be called before mmseg and mmpretrain are imported: ``import ppl_mm`` does it.
    """
    if not any(isinstance(finder, AtImport) for finder in sys.meta_path):
        sys.meta_path.append(CompiledOpsFinder())
        sys.meta_path.insert(
            0,
            AtImport(
                before=dict.fromkeys(('mmcv', 'mmseg', 'mmpretrain'), check_versions),
                after={
                    'mmengine.config.utils': register_package,
                    'torch.serialization': allow_mmengine_checkpoints,
                    'mmengine.fileio.backends.registry_utils': write_whole_files,
                    'mmengine.runner.checkpoint': guard_checkpoints,
                    'mmpretrain.utils.dependency': leave_out_multimodal,
                },
            ),
        )


def register_package(config_utils: Any) -> None:
    """Let ``_base_ = 'ppl_mm::...'`` and mmengine.hub find our configs.

    mmengine knows packages by a fixed list: open-mmlab/mmengine#1410.
    """
    config_utils.MODULE2PACKAGE['ppl_mm'] = 'ppl_mm'


def check_versions(module: Any) -> None:
    """Say which versions do not fit, before mmseg asserts it without a way out.

    mmseg refuses mmcv 2.2 with "Please install mmcv>=2.0.0rc4": open-mmlab/mmsegmentation#3729. A
    command that imports it outside of :func:`ppl_mm.utils.cli.run` still ends with one line.
    """
    from ..utils import versions

    try:
        versions.check()
    except UserError:
        sys.excepthook = _show_user_error
        raise


def leave_out_multimodal(dependency: Any) -> None:
    """Keep mmpretrain importable beside a transformers that it does not know.

    mmpretrain 1.2 imports its vision-language models wherever transformers is installed, and dies
    ("NoneType takes no arguments") since transformers 4.56 has moved what they are built on.
    Without that package mmpretrain has placeholders for them; it gets these here.
    """
    from ..utils import versions

    if versions.has_moved_transformers():
        dependency.WITH_MULTIMODAL = False


def _show_user_error(kind, error, traceback) -> None:
    if isinstance(error, UserError):
        print(f'error: {error}', file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)
