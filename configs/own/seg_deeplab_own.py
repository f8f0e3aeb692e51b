"""DeepLab-v3+ with ResNet-50 on the pseudo-labels of your own photos.

Chen et al., ECCV 2018, arXiv 1802.02611: output stride 16, rates 6, 12, 18. Backbone and
learning rates are those of the classifier, and so is the scale at which photos of any size
are seen. No mask in training, so nothing is validated; tools/test.py measures where val has
masks.
"""

_base_ = ['../_base_/segmentation.py', '../_base_/datasets/own_data.py']
crop_size = (384, 384)
max_iters = 4000

model = dict(
    data_preprocessor=dict(
        size=crop_size,
        mean=_base_.own_mean or [123.675, 116.28, 103.53],
        std=_base_.own_std or [58.395, 57.12, 57.375],
        bgr_to_rgb=_base_.own_photos,
    ),
    backbone=dict(
        type='ResNet',
        in_channels=_base_.own_channels,
        depth=50,
        num_stages=4,
        out_indices=(0, 3),
        strides=(1, 2, 2, 1),
        dilations=(1, 1, 1, 2),
        norm_cfg=dict(type='BN', requires_grad=False),
        norm_eval=True,
        style='pytorch',
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50'),
    ),
    decode_head=dict(
        type='DepthwiseSeparableASPPHead',
        in_channels=2048,
        in_index=1,
        channels=256,
        dilations=(1, 6, 12, 18),
        c1_in_channels=256,
        c1_channels=48,
        dropout_ratio=0.1,
        num_classes=_base_.own_num_channels,
        norm_cfg=dict(type='BN'),
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss'),
    ),
)

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-4, weight_decay=1e-2),
    paramwise_cfg=dict(custom_keys=dict(decode_head=dict(lr_mult=10.0))),
    clip_grad=dict(max_norm=5.0),
)
param_scheduler = [
    dict(type='PolyLR', power=0.9, eta_min=0.0, begin=0, end=max_iters, by_epoch=False)
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=max_iters, val_interval=max_iters)
default_hooks = dict(
    checkpoint=dict(interval=1000),
    # On a CPU, convolutions are fastest in this memory format.
    channels_last=dict(type='ppl_mm.ChannelsLastHook'),
)

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', scale=(512, 512), ratio_range=(0.5, 1.5), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='ppl_mm.PhotoMetricDistortion'),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='Resize', scale=(512, 512), keep_ratio=True),
    # After the resize, so that the score is at the mask's own size.
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
scales = [dict(type='Resize', scale=(side, side), keep_ratio=True) for side in (384, 512, 640, 768)]
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(
        type='TestTimeAug',
        transforms=[
            scales,
            _base_.flips,
            [dict(type='LoadAnnotations')],
            [dict(type='PackSegInputs')],
        ],
    ),
]
train_dataloader = dict(
    batch_size=8,
    dataset=dict(
        data_root=_base_.own_data_root,
        label_dir='work_dirs/own_export/refined',
        pipeline=train_pipeline,
    ),
)
val_dataloader = val_cfg = val_evaluator = None
test_dataloader = dict(
    num_workers=2, dataset=dict(data_root=_base_.own_data_root, pipeline=test_pipeline)
)
auto_scale_lr = dict(enable=False, base_batch_size=8)
