"""What happens to an image before the network sees it."""

from ...utils.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        'crops': ('RandomFillCrop', 'RandomResizeLong'),
        'distortion': ('PhotoMetricDistortion',),
        'loading': ('LoadImage', 'LoadLabel'),
        'masks': ('LoadMask',),
    },
)
