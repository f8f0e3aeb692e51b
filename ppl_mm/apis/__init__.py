"""What the commands do, for Python."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cam_inferencer import CAMInferencer
    from .predict import predict_images
    from .seg_inferencer import SegInferencer

__all__ = ['CAMInferencer', 'SegInferencer', 'predict_images']

_MODULES = dict(
    CAMInferencer='cam_inferencer', SegInferencer='seg_inferencer', predict_images='predict'
)


def __getattr__(name: str):
    # mmpretrain's inferencers take a second to import, in each command.
    if name in _MODULES:
        return getattr(import_module(f'.{_MODULES[name]}', __name__), name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
