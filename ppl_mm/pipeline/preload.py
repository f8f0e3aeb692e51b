"""Imports what the steps of a pipeline need; the fork server imports this module once.

A step of a small pipeline spends longer on its imports than on its work.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module

#: Environment variables from before the imports, which set some themselves.
VARIABLES = frozenset(os.environ)
# What the registries import when a Runner is built, and what the commands import. The commands
# are missing: each runs as __main__.
_MODULES = (
    'matplotlib.backends.backend_agg',
    'matplotlib.pyplot',
    'mmengine.runner',
    'mmengine.visualization',
    'mmpretrain.datasets',
    'mmpretrain.engine',
    'mmpretrain.evaluation',
    'mmpretrain.models',
    'mmpretrain.visualization',
    'mmseg.datasets',
    'mmseg.engine',
    'mmseg.evaluation',
    'mmseg.models',
    'mmseg.visualization',
    'ppl_mm.apis.export',
    'ppl_mm.apis.refine',
    'ppl_mm.datasets.cam_pseudo_label_dataset',
    'ppl_mm.data_tools.demo.data',
    'ppl_mm.datasets.image_label_dataset',
    'ppl_mm.datasets.transforms',
    'ppl_mm.engine',
    'ppl_mm.evaluation',
    'ppl_mm.models',
    'ppl_mm.gallery.pictures',
    'ppl_mm.gallery.results',
    'ppl_mm.refine',
)


@contextmanager
def _muted() -> Iterator[None]:
    """Send the output to nowhere, and leave it there after an error or Ctrl-C."""
    null, *saved = os.open(os.devnull, os.O_WRONLY), os.dup(1), os.dup(2)
    for target in (1, 2):
        os.dup2(null, target)
    yield
    for target, file in enumerate(saved, 1):
        os.dup2(file, target)
    for file in (null, *saved):
        os.close(file)


with _muted():
    for _name in _MODULES:
        # The log of the step that needs it shows the error.
        with suppress(Exception):
            import_module(_name)
# What is never freed need not be searched for garbage in each step.
gc.collect()
gc.freeze()
