"""What the commands do, for Python."""

from ..utils.lazy import lazy_exports

# mmpretrain's inferencers take a second to import, in each command.
__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        'cam_inferencer': ('CAMInferencer',),
        'predict': ('predict_images',),
        'seg_inferencer': ('SegInferencer',),
    },
)
