"""Images with image-level labels, pseudo-labels, and the demo data."""
from .cam_pseudo_label_dataset import CAMPseudoLabelDataset
from .image_label_dataset import ImageLabelDataset
from .transforms import (
    LoadImage,
    LoadLabel,
    RandomFillCrop,
    RandomResizeLong,
)
from .voc_layout_dataset import VOCLayoutDataset

__all__ = [
    'CAMPseudoLabelDataset', 'ImageLabelDataset', 'LoadImage', 'LoadLabel',
    'RandomFillCrop', 'RandomResizeLong', 'VOCLayoutDataset'
]
