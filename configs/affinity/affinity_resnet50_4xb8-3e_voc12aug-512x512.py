"""AffinityNet on ResNet-50, from confident regions of VOC 2012 train_aug.

The head is PSA's (Ahn and Kwak, CVPR 2018; network/resnet38_aff.py), with IRN's GroupNorm
and one tap for each stage of IRN's backbone; PSA's own backbone is ResNet38d. Everything
else is IRN's (Ahn et al., CVPR 2019; run_sample.py, step/train_irn.py, net/resnet50_irn.py):
a backbone that is not trained, stride 4, batch 32, scales 0.5 to 1.5, crop 512, flip,
3 epochs, lr 0.1, weight decay 1e-4, poly 0.9. Momentum is 0 on purpose, see
../baseline/cam_resnet50_4xb4-5e_voc12aug-512x512.py. IRN predicts borders and takes the
affinity of two pixels from the strongest border between them; that is not built here.

Batch 32: 8 on each of 4 GPUs.
"""

_base_ = '../_base_/affinity_net.py'
crop_size = (512, 512)

model = dict(
    data_preprocessor=dict(size=crop_size),
    backbone=dict(
        type='mmpretrain.ResNet',
        depth=50,
        strides=(1, 2, 2, 1),
        frozen_stages=4,
        norm_cfg=dict(type='BN', requires_grad=False),
        norm_eval=True,
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50'),
    ),
    # The ends of the four stages: 256, 512, 1024 and 2048 channels.
    taps=(3, 7, 13, 16),
    channels=(32, 64, 128, 256),
    stride=4,
    norm_groups=4,
)

optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1, momentum=0.0, weight_decay=1e-4)
)
train_cfg = dict(by_epoch=True, max_epochs=3)

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    # VOC's long side is 500, so the factor is that of the image.
    dict(type='RandomResize', scale=(500, 500), ratio_range=(0.5, 1.5), keep_ratio=True),
    # Without cat_max_ratio: most of a label may be ignored.
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=8,
    dataset=dict(
        data_root='data/VOCdevkit/VOC2012',
        ann_file='ImageSets/Segmentation/train_aug.txt',
        pipeline=train_pipeline,
    ),
)
auto_scale_lr = dict(base_batch_size=32)
