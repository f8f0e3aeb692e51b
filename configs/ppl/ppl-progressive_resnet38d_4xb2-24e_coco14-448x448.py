"""Progressive patch learning, all stages in a run, ResNet38d, MS COCO 2014.

Each stage is as long as the plain CAM's training: our choice.
"""
_base_ = './ppl-stage1_resnet38d_4xb2-8e_coco14-448x448.py'

train_cfg = dict(max_epochs=3 * _base_.train_cfg.max_epochs)
custom_hooks = [
    dict(
        type='ppl_mm.ProgressiveStageHook',
        stages=[
            dict(
                position=position,
                grid=_base_.grid,
                epochs=_base_.train_cfg.max_epochs)
            for position in _base_.positions
        ])
]
