"""AffinityNet on ResNet-50, from the sure regions of VOC 2012 train_aug.

The head is PSA's (Ahn and Kwak, CVPR 2018; network/resnet38_aff.py), with
IRN's GroupNorm and one tap for each stage of IRN's backbone; PSA's own
backbone is ResNet38d. Everything else is IRN's (Ahn et al., CVPR 2019;
run_sample.py, step/train_irn.py, net/resnet50_irn.py): a backbone that is not
trained, stride 4, batch 32, crop 512, 3 epochs, lr 0.1, weight decay 1e-4,
poly 0.9. Momentum is 0 on purpose, see ../_base_/schedules/irn_5e.py. IRN
predicts borders and takes the affinity of two pixels from the strongest border
between them; that is not built here.

Batch 32: 8 on each of 4 GPUs.
"""
_base_ = [
    '../_base_/datasets/affinity_labels.py',
    '../_base_/affinity_runtime.py',
]

model = dict(
    type='ppl_mm.AffinityNet',
    data_preprocessor=dict(
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        size=_base_.crop_size,
        pad_val=0,
        seg_pad_val=255),
    backbone=dict(
        type='mmpretrain.ResNet',
        depth=50,
        strides=(1, 2, 2, 1),
        frozen_stages=4,
        norm_cfg=dict(type='BN', requires_grad=False),
        norm_eval=True,
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50')),
    # The ends of the four stages: 256, 512, 1024 and 2048 channels.
    taps=(3, 7, 13, 16),
    channels=(32, 64, 128, 256),
    stride=4,
    norm_groups=4)

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.1, momentum=0., weight_decay=1e-4))
param_scheduler = dict(
    type='PolyLR',
    power=0.9,
    eta_min=0.,
    by_epoch=True,
    convert_to_iter_based=True)
train_cfg = dict(by_epoch=True, max_epochs=3)
auto_scale_lr = dict(base_batch_size=32)
