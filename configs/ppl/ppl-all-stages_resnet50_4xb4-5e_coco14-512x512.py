"""Patch learning, all stages at once, ResNet-50, MS COCO 2014.

As progressive multi-granularity training (PMG, ECCV 2020) steps its stages.
"""
_base_ = './ppl-stage1_resnet50_4xb4-5e_coco14-512x512.py'

train_cfg = dict(
    _delete_=True,
    type='ppl_mm.AllStagesTrainLoop',
    max_epochs=_base_.train_cfg.max_epochs,
    stages=[
        dict(position=position, grid=_base_.grid)
        for position in _base_.positions
    ])
