"""Progressive patch learning, stage 1, ResNet38d, MS COCO 2014."""
_base_ = '../baseline/cam_resnet38d_4xb2-8e_coco14-448x448.py'

model = dict(
    neck=dict(
        type='ppl_mm.PatchLearning',
        position=_base_.positions[0],
        grid=_base_.grid))
