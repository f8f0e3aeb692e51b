"""The first of two self-trained stages on voc6: an epoch.

It learns from the labels of cls_first_round_voc6.py. Its own maps become
labels, too, so two views without a flip are enough.
"""
_base_ = './cls_self_trained_voc6.py'

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
