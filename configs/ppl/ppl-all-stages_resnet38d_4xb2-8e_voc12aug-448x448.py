"""Patch learning, all stages at once, ResNet38d, PASCAL VOC 2012.

As progressive multi-granularity training (PMG, ECCV 2020) steps its stages.
"""
_base_ = './ppl-stage1_resnet38d_4xb2-8e_voc12aug-448x448.py'

train_cfg = dict(
    _delete_=True,
    type='ppl_mm.AllStagesTrainLoop',
    max_epochs=_base_.train_cfg.max_epochs,
    stages=[
        dict(position=position, grid=_base_.grid)
        for position in _base_.positions
    ])
