"""Explicit multi-granularity fusion (Fig. 5): all positions at once."""
_base_ = '../baseline/cls_cam.py'

model = dict(
    neck=dict(
        type='ppl_mm.MultiGranularityFusion',
        positions=(7, 13, 15),
        grids=(2, 2, 2)))
