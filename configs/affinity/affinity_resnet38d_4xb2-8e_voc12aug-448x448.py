"""AffinityNet on ResNet38d, from the sure regions of VOC 2012 train_aug.

PSA's (Ahn and Kwak, CVPR 2018; network/resnet38_aff.py, train_aff.py and the
command of its README): maps of b4, b5 and b7 reduced to 64, 128 and 256
channels, stride 8, radius 5; from ImageNet; batch 8, 8 epochs, crop 448, flip,
jitter, no change of size; lr 0.1, weight decay 5e-4, poly 0.9, 10 times the
rate for what is new. No convolution has a bias, so that the papers' x2 and x20
have nothing to act on. Momentum is 0 on purpose, see
../_base_/schedules/seam_8e.py.

Batch 8: 2 on each of 4 GPUs. SEAM trains with lr 0.01.
"""
_base_ = [
    '../_base_/datasets/affinity_labels.py',
    '../_base_/pipelines/psa_jitter.py',
    '../_base_/affinity_runtime.py',
]
crop_size = (448, 448)

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
        type='ppl_mm.ResNet38d',
        # conv1a and b2 (not_training), and every BatchNorm.
        frozen_stages=2,
        norm_cfg=dict(type='BN', requires_grad=False),
        norm_eval=True,
        init_cfg=dict(
            type='Pretrained', checkpoint='weights/resnet38d_imagenet.pth')),
    # The ends of b4, b5 and b7: 512, 1024 and 4096 channels.
    taps=(12, 15, 17),
    channels=(64, 128, 256),
    stride=8,
    radius=5)

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.1, momentum=0., weight_decay=5e-4),
    paramwise_cfg=dict(custom_keys=dict(head=dict(lr_mult=10.))))
param_scheduler = dict(
    type='PolyLR',
    power=0.9,
    eta_min=0.,
    by_epoch=True,
    convert_to_iter_based=True)
train_cfg = dict(by_epoch=True, max_epochs=8)

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    *_base_.psa_jitter,
    dict(type='PackSegInputs'),
]
train_dataloader = dict(batch_size=2, dataset=dict(pipeline=train_pipeline))
auto_scale_lr = dict(base_batch_size=8)
