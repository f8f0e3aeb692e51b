"""seg_deeplab_quick_own.py for drawings of 192 pixels."""

_base_ = '../../../configs/own/seg_deeplab_quick_own.py'
crop_size = (192, 192)
max_iters = 150

model = dict(data_preprocessor=dict(size=crop_size))
param_scheduler = [
    dict(type='PolyLR', power=0.9, eta_min=0.0, begin=0, end=max_iters, by_epoch=False)
]
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
train_pipeline = [
    *_base_.train_pipeline[:2],
    dict(type='RandomResize', scale=(208, 208), ratio_range=(0.8, 1.3), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    *_base_.train_pipeline[4:],
]
test_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    num_workers=0, persistent_workers=False, dataset=dict(pipeline=train_pipeline)
)
test_dataloader = dict(
    num_workers=0, persistent_workers=False, dataset=dict(pipeline=test_pipeline)
)
