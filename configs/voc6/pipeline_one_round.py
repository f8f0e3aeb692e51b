"""The voc6 pipeline with one round of segmentation: 40 minutes less."""

_base_ = './pipeline.py'
name = 'voc6_one_round'
segmentation = 'seg_deeplab_voc6.py'
segmentation_maps = segmentation_labels = None
