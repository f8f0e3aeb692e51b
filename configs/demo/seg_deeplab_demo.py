"""A small DeepLab-v3+ on the pseudo-labels of the demo data, on a CPU.

The backbone is the classifier's without its last stage, which is most of its cost.
``load_from`` starts it with the weights that image-level labels gave it; None starts it from
scratch.
"""

_base_ = '../_base_/segmentation.py'
data_root = 'data/demo'
crop_size = (96, 96)
max_iters = 900

model = dict(
    data_preprocessor=dict(size=crop_size),
    backbone=dict(
        type='mmpretrain.ResNet',
        depth=18,
        stem_channels=24,
        base_channels=24,
        num_stages=3,
        strides=(1, 2, 1),
        dilations=(1, 1, 1),
        out_indices=(0, 2),
    ),
    decode_head=dict(
        type='DepthwiseSeparableASPPHead',
        in_channels=96,
        in_index=1,
        channels=64,
        dilations=(1, 2, 4),
        c1_in_channels=24,
        c1_channels=16,
        dropout_ratio=0.1,
        num_classes=5,
        norm_cfg=dict(type='BN'),
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss'),
    ),
)

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=1e-2),
    clip_grad=dict(max_norm=5.0),
)
param_scheduler = [
    dict(type='PolyLR', power=0.9, eta_min=0.0, begin=0, end=max_iters, by_epoch=False)
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=max_iters, val_interval=max_iters)
default_hooks = dict(
    checkpoint=dict(interval=300),
    # On a CPU, convolutions are fastest in this memory format.
    channels_last=dict(type='ppl_mm.ChannelsLastHook'),
)
# Averaged weights smooth out the errors of the labels.
custom_hooks = [dict(type='EMAHook', momentum=0.01)]

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', scale=(96, 96), ratio_range=(0.75, 1.5), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    # The creatures lie in any direction.
    dict(type='RandomFlip', prob=[0.25, 0.25], direction=['horizontal', 'vertical']),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=8, num_workers=2, dataset=dict(data_root=data_root, pipeline=train_pipeline)
)
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
auto_scale_lr = dict(enable=False, base_batch_size=8)

# --tta: flipped, and refined the same way as the labels. The scale, chosen on the training
# masks, makes up for an output stride of 8.
tta_model = dict(
    type='ppl_mm.RefinedSegTTAModel',
    refiners=[dict(type='ppl_mm.PAMR'), dict(type='ppl_mm.DenseCRF', preset='psa', scale=5.0)],
)
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(
        type='TestTimeAug',
        transforms=[
            [dict(type='Resize', scale_factor=1.5, keep_ratio=True)],
            _base_.flips,
            [dict(type='LoadAnnotations')],
            [dict(type='PackSegInputs')],
        ],
    ),
]
