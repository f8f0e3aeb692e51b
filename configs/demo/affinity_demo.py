"""AffinityNet on the sure regions of the demo data, on a CPU.

The backbone is the classifier's; ``load_from`` starts it with the weights that
image-level labels gave it, or from scratch where it is None.
"""
_base_ = [
    '../_base_/datasets/affinity_labels.py',
    '../_base_/affinity_runtime.py',
]
crop_size = (96, 96)

model = dict(
    type='ppl_mm.AffinityNet',
    data_preprocessor=dict(
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
        strides=(1, 2, 1, 1)),
    # Strides 4, 8, 8; 32, 64 and 256 channels.
    taps=(2, 4, 8),
    channels=(16, 32, 64),
    stride=4,
    norm_groups=4)

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=1e-2),
    clip_grad=dict(max_norm=5.))
param_scheduler = dict(
    type='PolyLR',
    power=0.9,
    eta_min=0.,
    by_epoch=True,
    convert_to_iter_based=True)
train_cfg = dict(by_epoch=True, max_epochs=6)

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
train_dataloader = dict(
    batch_size=16,
    num_workers=2,
    dataset=dict(
        data_root='data/demo',
        ann_file='ImageSets/Segmentation/train.txt',
        pipeline=train_pipeline))
auto_scale_lr = dict(base_batch_size=16)
