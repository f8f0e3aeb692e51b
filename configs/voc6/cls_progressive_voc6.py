"""Progressive patch learning on voc6, with as many epochs as the plain CAM."""

_base_ = './cls_cam_voc6.py'

model = dict(neck=dict(type='ppl_mm.PatchLearning', position=6, grid=2))
custom_hooks = [
    dict(
        type='ppl_mm.ProgressiveStageHook',
        stages=[
            dict(position=6, grid=2, epochs=1),
            dict(position=10, grid=2, epochs=1),
            dict(position=13, grid=2, epochs=1),
        ],
    )
]
