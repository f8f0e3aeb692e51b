"""Patch learning at one position, the deepest, ResNet38d, PASCAL VOC 2012.

The last stage of PPL without the stages before it. The rest of PPL's gain comes from them.
"""

_base_ = '../baseline/cls_cam.py'

model = dict(neck=dict(type='ppl_mm.PatchLearning', position=15, grid=2))
