"""What the commands do, for Python."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cam_inferencer import CAMInferencer

__all__ = ['CAMInferencer']


def __getattr__(name: str):
    # mmpretrain's inferencers take a second to import, in each command.
    if name == 'CAMInferencer':
        from .cam_inferencer import CAMInferencer

        return CAMInferencer
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
