"""AffinityNet on ResNet38d, from confident regions of VOC 2012 train_aug.

PSA's (Ahn and Kwak, CVPR 2018; network/resnet38_aff.py, train_aff.py and the command of its
README): maps of b4, b5 and b7 reduced to 64, 128 and 256 channels, stride 8, radius 5; from
ImageNet; batch 8, 8 epochs, crop 448, flip, jitter, no change of size; lr 0.1, weight decay
5e-4, poly 0.9, 10 times the rate for what is new. No convolution has a bias, so the papers'
x2 and x20 have nothing to act on. Momentum is 0 on purpose, see ../baseline/cls_cam.py.

Batch 8: 2 on each of 4 GPUs. SEAM trains with lr 0.01.
"""

_base_ = '../_base_/affinity_net.py'
crop_size = (448, 448)

model = dict(
    data_preprocessor=dict(size=crop_size),
    backbone=dict(
        type='ppl_mm.ResNet38d',
        # conv1a and b2 (not_training), and every BatchNorm.
        frozen_stages=2,
        norm_cfg=dict(type='BN', requires_grad=False),
        norm_eval=True,
        init_cfg=dict(type='Pretrained', checkpoint='weights/resnet38d_imagenet.pth'),
    ),
    # The ends of b4, b5 and b7: 512, 1024 and 4096 channels.
    taps=(12, 15, 17),
    channels=(64, 128, 256),
    stride=8,
    radius=5,
)

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.1, momentum=0.0, weight_decay=5e-4),
    paramwise_cfg=dict(custom_keys=dict(head=dict(lr_mult=10.0))),
)
train_cfg = dict(by_epoch=True, max_epochs=8)

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    # The same jitter as in ../baseline/cls_cam.py.
    dict(type='mmpretrain.NumpyToPIL', to_rgb=True),
    dict(
        type='mmpretrain.torchvision/ColorJitter',
        brightness=0.3,
        contrast=0.3,
        saturation=0.3,
        hue=0.1,
    ),
    dict(type='mmpretrain.PILToNumpy', to_bgr=True),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=2,
    dataset=dict(
        data_root='data/VOCdevkit/VOC2012',
        ann_file='ImageSets/Segmentation/train_aug.txt',
        pipeline=train_pipeline,
    ),
)
auto_scale_lr = dict(base_batch_size=8)
