"""The first round, for cls_self_trained_voc6.py: an epoch of plain CAM.

Its maps become labels and are not measured, so two views without a flip are
enough.
"""
_base_ = './cls_cam_voc6.py'

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
