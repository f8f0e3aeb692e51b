"""A small DeepLab-v3+ for a laptop: EfficientNet-Lite0 at output stride 16.

Chen et al., ECCV 2018, arXiv 1802.02611, with half of the usual width. The pipeline starts it
from the classifier, cls_cam_quick_own.py, whose layers up to stride 16 are kept: they have seen
these images. Its map is the first guess of the classes: 300 steps hardly teach them. In so few
steps a cross entropy leaves small objects out (docs/presets.md#the-loss-of-quick).
"""

_base_ = './seg_deeplab_own.py'
crop_size = (288, 288)
max_iters = 300

model = dict(
    # The weights expect (x - 127) / 128.
    data_preprocessor=dict(
        mean=_base_.own_mean or [127.0, 127.0, 127.0],
        std=_base_.own_std or [128.0, 128.0, 128.0],
        size=crop_size,
    ),
    backbone=dict(
        _delete_=True,
        type='ppl_mm.EfficientNetLite',
        in_channels=_base_.own_channels,
        strides=(1, 2, 2, 2, 1),
        dilations=(1, 1, 1, 1, 2),
        out_indices=(2, 5, 6),
        norm_eval=True,
        frozen_stages=5,
        init_cfg=dict(type='Pretrained', checkpoint='package://efficientnet_lite0'),
    ),
    decode_head=dict(
        type='ppl_mm.DeepLabCAMHead',
        in_channels=320,
        channels=128,
        c1_in_channels=24,
        c1_channels=24,
        cam_index=2,
        cam_channels=1280,
        background=_base_.own_background,
        loss_decode=dict(type='ppl_mm.BalancedCrossEntropyLoss', power=0.5, _delete_=True)
        if _base_.own_background
        else dict(type='CrossEntropyLoss'),
    ),
)
param_scheduler = [dict(_base_.param_scheduler[0], end=max_iters)]
train_cfg = dict(max_iters=max_iters, val_interval=max_iters)
# Lines of progress every few seconds.
default_hooks = dict(checkpoint=dict(interval=100), logger=dict(interval=10))

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', scale=(384, 384), ratio_range=(0.8, 1.2), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='ppl_mm.PhotoMetricDistortion'),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='Resize', scale=(384, 384), keep_ratio=True),
    # After the resize, so that the score is at the mask's own size.
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(
        type='TestTimeAug',
        transforms=[
            [dict(type='Resize', scale=(side, side), keep_ratio=True) for side in (384, 512)],
            _base_.flips,
            [dict(type='LoadAnnotations')],
            [dict(type='PackSegInputs')],
        ],
    ),
]
train_dataloader = dict(num_workers=1, dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(num_workers=1, dataset=dict(pipeline=test_pipeline))
