"""A taught stage before another, on voc6: an epoch on the teacher's labels.

Its maps become labels in their turn, of two views, as the teacher's: none is
flipped.
"""
_base_ = './cls_taught_voc6.py'

train_cfg = dict(max_epochs=1, val_interval=1)
tta_pipeline = [
    _base_.tta_pipeline[0],
    dict(
        type='TestTimeAug',
        transforms=[
            _base_.tta_pipeline[1].transforms[0],
            [dict(type='RandomFlip', prob=0., direction='horizontal')],
            _base_.tta_pipeline[1].transforms[2],
        ]),
]
