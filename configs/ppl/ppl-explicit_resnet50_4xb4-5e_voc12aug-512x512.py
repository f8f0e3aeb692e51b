"""Explicit multi-granularity fusion (Fig. 5), ResNet-50, PASCAL VOC 2012.

All three cuts at once.
"""
_base_ = '../baseline/cam_resnet50_4xb4-5e_voc12aug-512x512.py'

model = dict(
    neck=dict(
        type='ppl_mm.MultiGranularityFusion',
        positions=_base_.positions,
        grids=(_base_.grid, ) * len(_base_.positions)))
