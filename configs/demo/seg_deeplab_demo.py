"""A small DeepLab-v3+ on the pseudo-labels of the demo data, on a CPU.

The backbone is the classifier's without its last stage, which is most of its
cost; ``load_from`` starts it with the weights that image-level labels gave it,
or from scratch where it is None.
"""
_base_ = [
    '../_base_/datasets/cam_pseudo_labels.py',
    '../_base_/seg_runtime.py',
]
data_root = 'data/demo'
crop_size = (96, 96)
max_iters = 900

model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        size=crop_size,
        pad_val=0,
        seg_pad_val=255),
    backbone=dict(
        type='mmpretrain.ResNet',
        depth=18,
        stem_channels=24,
        base_channels=24,
        num_stages=3,
        strides=(1, 2, 1),
        dilations=(1, 1, 1),
        out_indices=(0, 2)),
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
        loss_decode=dict(type='CrossEntropyLoss')),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'))

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=1e-2),
    clip_grad=dict(max_norm=5.))
param_scheduler = [
    dict(type='PolyLR', power=0.9, eta_min=0., begin=0, end=max_iters,
         by_epoch=False),
]
train_cfg = dict(
    type='IterBasedTrainLoop', max_iters=max_iters, val_interval=max_iters)
default_hooks = dict(
    checkpoint=dict(interval=300),
    # What convolutions on a CPU are fastest in.
    channels_last=dict(type='ppl_mm.ChannelsLastHook'))
# Averaged weights smooth out what the labels have wrong.
custom_hooks = [dict(type='EMAHook', momentum=0.01)]

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', scale=(96, 96), ratio_range=(0.75, 1.5),
         keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    # The creatures lie in any direction.
    dict(type='RandomFlip', prob=[0.25, 0.25],
         direction=['horizontal', 'vertical']),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=8,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        _base_.cam_pseudo_labels,
        data_root=data_root,
        ann_file='ImageSets/Segmentation/train.txt',
        metainfo=None,
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1,
    num_workers=1,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        _base_.cam_true_masks,
        data_root=data_root,
        metainfo=None,
        pipeline=test_pipeline))
test_dataloader = val_dataloader
auto_scale_lr = dict(enable=False, base_batch_size=8)

# --tta: as published pipelines test, at several scales and flipped, refined
# like the labels. These scales, chosen on the training masks, make up for an
# output stride of 8.
tta_model = dict(
    type='ppl_mm.RefinedSegTTAModel',
    refiners=[
        dict(type='ppl_mm.PAMR'),
        dict(type='ppl_mm.DenseCRF', preset='psa', scale=5.),
    ])
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(
        type='TestTimeAug',
        transforms=[
            [
                dict(type='Resize', scale_factor=scale, keep_ratio=True)
                for scale in (1.5, )
            ],
            [
                dict(type='RandomFlip', prob=prob, direction='horizontal')
                for prob in (0., 1.)
            ],
            [dict(type='LoadAnnotations')],
            [dict(type='PackSegInputs')],
        ]),
]
