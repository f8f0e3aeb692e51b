"""Patch learning at one position, the deepest, ResNet38d, MS COCO 2014.

PPL's last stage without those before it: what is left of the gain is theirs.
"""
_base_ = '../baseline/cam_resnet38d_4xb2-8e_coco14-448x448.py'

model = dict(
    neck=dict(
        type='ppl_mm.PatchLearning',
        position=_base_.positions[-1],
        grid=_base_.grid))
