"""Progressive patch learning on your own photos, three stages in one run."""

_base_ = './cls_cam_own.py'

model = dict(neck=dict(type='ppl_mm.PatchLearning', position=7, grid=2))
custom_hooks = [
    dict(
        type='ppl_mm.ProgressiveStageHook',
        stages=[
            dict(position=7, grid=2, epochs=_base_.stage_epochs),  # after layer2
            dict(position=13, grid=2, epochs=_base_.stage_epochs),  # after layer3
            dict(position=15, grid=2, epochs=_base_.stage_epochs),  # inside layer4
        ],
    )
]
