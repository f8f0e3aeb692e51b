"""Progressive patch learning, stage 1, ResNet-50, PASCAL VOC 2012."""
_base_ = '../baseline/cam_resnet50_4xb4-5e_voc12aug-512x512.py'

model = dict(
    neck=dict(
        type='ppl_mm.PatchLearning',
        position=_base_.positions[0],
        grid=_base_.grid))
