"""A taught stage before another, on voc6: an epoch on the teacher's labels.

Its maps become labels in their turn, with the teacher's two views.
"""
_base_ = './cls_taught_voc6.py'

train_cfg = dict(max_epochs=1, val_interval=1)
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(
        type='TestTimeAug',
        transforms=[
            [
                dict(type='Resize', scale_factor=scale, keep_ratio=True)
                for scale in (1.0, 1.5)
            ],
            [dict(type='RandomFlip', prob=0., direction='horizontal')],
            [dict(type='PackInputs', meta_keys=_base_.meta_keys)],
        ]),
]
