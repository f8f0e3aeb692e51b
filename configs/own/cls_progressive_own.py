"""Progressive patch learning on your own photos, three stages in one run."""
_base_ = './cls_cam_own.py'

# The cuts are those of configs/ppl: after layer2, layer3, inside layer4.
model = dict(neck=dict(type='ppl_mm.PatchLearning', position=7, grid=2))
custom_hooks = [
    dict(
        type='ppl_mm.ProgressiveStageHook',
        stages=[
            dict(position=position, grid=2, epochs=_base_.stage_epochs)
            for position in _base_.positions
        ])
]
