"""Patch learning at one position, the deepest, ResNet-50, MS COCO 2014.

PPL's last stage without those before it: what is left of the gain is theirs.
"""
_base_ = '../baseline/cam_resnet50_4xb4-5e_coco14-512x512.py'

model = dict(
    neck=dict(
        type='ppl_mm.PatchLearning',
        position=_base_.positions[-1],
        grid=_base_.grid))
