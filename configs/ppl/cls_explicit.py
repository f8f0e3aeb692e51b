"""Explicit multi-granularity fusion (Fig. 5), ResNet38d, PASCAL VOC 2012.

The cuts of all three stages at once.
"""

_base_ = '../baseline/cls_cam.py'

model = dict(
    neck=dict(type='ppl_mm.MultiGranularityFusion', positions=(6, 12, 15), grids=(2, 2, 2))
)
