"""Progressive patch learning, all three stages in one run."""
_base_ = './cls_stage1.py'

train_cfg = dict(max_epochs=15)
custom_hooks = [
    dict(
        type='ppl_mm.ProgressiveStageHook',
        stages=[
            dict(position=7, grid=2, epochs=5),
            dict(position=13, grid=2, epochs=5),
            dict(position=15, grid=2, epochs=5),
        ])
]
