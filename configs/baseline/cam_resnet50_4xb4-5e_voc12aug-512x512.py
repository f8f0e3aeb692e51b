"""Plain CAM, ResNet-50, PASCAL VOC 2012.

Model, crops and schedule are IRN's (Ahn et al., CVPR 2019; net/resnet50_cam.py,
run_sample.py, step/train_cam.py).
"""

_base_ = '../_base_/classifier.py'

# Output stride 16: the strides are (2, 2, 2, 1) with the stem's. BatchNorm and stem are
# frozen; the head has no bias.
model = dict(
    backbone=dict(
        type='ResNet',
        depth=50,
        strides=(1, 2, 2, 1),
        frozen_stages=0,
        norm_cfg=dict(type='BN', requires_grad=False),
        norm_eval=True,
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50'),
    ),
    head=dict(num_classes=20),
)

# VOC 2012 train_aug: 10,582 images, see cls_cam.py.
classes = (
    'aeroplane', 'bicycle', 'bird', 'boat', 'bottle', 'bus', 'car', 'cat', 'chair', 'cow',
    'diningtable', 'dog', 'horse', 'motorbike', 'person', 'pottedplant', 'sheep', 'sofa',
    'train', 'tvmonitor',
)  # fmt: skip
voc12 = dict(
    data_root='data/VOCdevkit/VOC2012',
    metainfo=dict(classes=classes),
    ann_file='Annotations',
    data_prefix=dict(img_path='JPEGImages'),
)
train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='ppl_mm.RandomResizeLong', min_size=320, max_size=640, interpolation='bilinear'),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='ppl_mm.RandomFillCrop', crop_size=512),
    dict(type='PackInputs'),
]
# 16 images in all, on 4 GPUs. On one GPU set it to 16.
train_dataloader = dict(
    batch_size=4,
    dataset=dict(voc12, split='ImageSets/Segmentation/train_aug.txt', pipeline=train_pipeline),
)
val_dataloader = dict(dataset=dict(voc12, split='ImageSets/Segmentation/val.txt'))
test_dataloader = val_dataloader

# Momentum is 0 on purpose: IRN hands its weight decay to SGD as the momentum. So its momentum
# is 1e-4, and 0.9 with the same rate would be a ten times larger step.
optim_wrapper = dict(
    optimizer=dict(type='SGD', lr=0.1, momentum=0.0, weight_decay=1e-4),
    paramwise_cfg=dict(custom_keys=dict(head=dict(lr_mult=10.0))),
)
train_cfg = dict(by_epoch=True, max_epochs=5, val_interval=1)
auto_scale_lr = dict(base_batch_size=16)
