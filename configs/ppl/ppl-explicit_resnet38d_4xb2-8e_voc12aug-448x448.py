"""Explicit multi-granularity fusion (Fig. 5), ResNet38d, PASCAL VOC 2012.

All three cuts at once.
"""
_base_ = '../baseline/cam_resnet38d_4xb2-8e_voc12aug-448x448.py'

model = dict(
    neck=dict(
        type='ppl_mm.MultiGranularityFusion',
        positions=_base_.positions,
        grids=(_base_.grid, ) * len(_base_.positions)))
