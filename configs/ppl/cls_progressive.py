"""Progressive patch learning, all stages in one run, ResNet38d, PASCAL VOC 2012.

The same as cls_stage1.py to cls_stage3.py, one after another. Each stage is as long as the
training of the plain CAM: our choice.
"""

_base_ = '../baseline/cls_cam.py'

model = dict(neck=dict(type='ppl_mm.PatchLearning', position=6, grid=2))
train_cfg = dict(max_epochs=24)
custom_hooks = [
    dict(
        type='ppl_mm.ProgressiveStageHook',
        stages=[
            dict(position=6, grid=2, epochs=8),  # the end of b3
            dict(position=12, grid=2, epochs=8),  # the end of b4
            dict(position=15, grid=2, epochs=8),  # the end of b5
        ],
    )
]
