"""A small DeepLab-v3+ on the pseudo-labels of voc6, on a CPU.

Chen et al., ECCV 2018, arXiv 1802.02611: MobileNetV2 at output stride 16, ASPP of rates 6, 12
and 18, features of stride 4 in the decoder. With a quarter of the usual width a step of
training on a CPU costs as much as with DeepLab-v2's head (batch 8, 224 px, one thread:
1.2 s). From ImageNet weights; the schedule is short enough for two cores. No mask in
training.
"""

_base_ = '../_base_/segmentation.py'
data_root = 'data/voc6'
crop_size = (224, 224)
max_iters = 800

model = dict(
    # The ImageNet weights of weights/ expect (x - 128) / 128 in RGB.
    data_preprocessor=dict(mean=[128.0, 128.0, 128.0], std=[128.0, 128.0, 128.0], size=crop_size),
    backbone=dict(
        type='ppl_mm.DilatedMobileNetV2',
        strides=(1, 2, 2, 2, 1, 1, 1),
        dilations=(1, 1, 1, 1, 1, 2, 2),
        out_indices=(1, 6),
        norm_eval=True,
        init_cfg=dict(
            type='Pretrained', checkpoint='weights/mobilenet_v2_imagenet.pth', prefix='backbone.'
        ),
    ),
    decode_head=dict(
        type='DepthwiseSeparableASPPHead',
        in_channels=320,
        in_index=1,
        channels=128,
        dilations=(1, 6, 12, 18),
        c1_in_channels=24,
        c1_channels=24,
        dropout_ratio=0.1,
        num_classes=7,
        norm_cfg=dict(type='BN'),
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss'),
    ),
)

# The same as for the classifier: BatchNorm is folded into the weights, SGD diverges.
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
default_hooks = dict(checkpoint=dict(interval=200))

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    # The long side is 320 in this data.
    dict(type='RandomResize', scale=(320, 320), ratio_range=(0.5, 1.5), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=8, num_workers=2, dataset=dict(data_root=data_root, pipeline=train_pipeline)
)
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
auto_scale_lr = dict(enable=False, base_batch_size=8)
