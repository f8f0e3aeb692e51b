"""Progressive patch learning on the demo data, three stages in one run."""

_base_ = './cls_cam_demo.py'

model = dict(neck=dict(type='ppl_mm.PatchLearning', position=2, grid=2))
custom_hooks = [
    dict(
        type='ppl_mm.ProgressiveStageHook',
        stages=[
            dict(position=2, grid=2, epochs=3),
            dict(position=4, grid=2, epochs=3),
            dict(position=6, grid=2, epochs=3),
        ],
    )
]
