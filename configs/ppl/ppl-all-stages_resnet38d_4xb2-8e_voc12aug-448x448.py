"""Patch learning, all stages in each iteration, ResNet38d, PASCAL VOC 2012.

Progressive multi-granularity training (PMG, ECCV 2020) steps its stages this way.
"""

_base_ = './cls_stage1.py'

train_cfg = dict(
    _delete_=True,
    type='ppl_mm.AllStagesTrainLoop',
    max_epochs=8,
    stages=[
        dict(position=6, grid=2),  # the end of b3
        dict(position=12, grid=2),  # the end of b4
        dict(position=15, grid=2),  # the end of b5
    ],
)
