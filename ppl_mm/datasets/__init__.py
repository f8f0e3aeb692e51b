"""What trains: images with image-level labels, or with pseudo-labels."""

from ..utils.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(
    __name__,
    {
        'cam_pseudo_label_dataset': ('CAMPseudoLabelDataset',),
        'image_label_dataset': ('ImageLabelDataset',),
        'transforms': (
            'LoadImage',
            'LoadLabel',
            'LoadMask',
            'PhotoMetricDistortion',
            'RandomFillCrop',
            'RandomResizeLong',
        ),
        'voc_layout_dataset': ('VOCLayoutDataset',),
    },
)
