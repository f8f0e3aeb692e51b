"""cls_cam_quick_own.py for drawings of 192 pixels."""

_base_ = '../../../configs/own/cls_cam_quick_own.py'

train_pipeline = [
    _base_.train_pipeline[0],
    dict(type='ppl_mm.RandomResizeLong', min_size=176, max_size=224),
    _base_.train_pipeline[2],
    dict(type='ppl_mm.RandomFillCrop', crop_size=192, pad_value=(127.0, 127.0, 127.0)),
    _base_.train_pipeline[-1],
]
test_pipeline = [dict(type='ppl_mm.LoadImage'), _base_.pack]
train_dataloader = dict(num_workers=0, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(num_workers=0, dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(
        type='TestTimeAug',
        transforms=[
            [dict(type='Resize', scale=(side, side), keep_ratio=True) for side in (192, 288)],
            _base_.flips,
            [_base_.pack],
        ],
    ),
]
train_cfg = dict(max_epochs=10, val_interval=5)
