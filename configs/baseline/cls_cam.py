"""Plain CAM, ResNet38d, PASCAL VOC 2012: the baseline of every comparison.

The model is PSA's (Ahn and Kwak, CVPR 2018; network/resnet38d.py and resnet38_cls.py).
Crops and schedule are SEAM's (Wang et al., CVPR 2020; train_SEAM.py, and tool/torchutils.py
for the poly rule).

Why not PSA's schedule (lr 0.1, batch 16, 15 epochs, long side 256-512; train_cls.py): most
of its images are smaller than the crop of 448, so many patches would show only padding.
SEAM's images (448-768) nearly fill the crop.
"""

_base_ = '../_base_/classifier.py'

# Output stride 8. Every BatchNorm, conv1a and b2 are frozen. A dropout of whole channels
# comes before a 1x1 convolution without bias, whose weights start as Xavier's.
model = dict(
    backbone=dict(
        type='ppl_mm.ResNet38d',
        frozen_stages=2,
        norm_cfg=dict(type='BN', requires_grad=False),
        norm_eval=True,
        # ImageNet. tools/model_converters/resnet38d_from_mxnet.py makes this file from the
        # weights that all of these papers start from.
        init_cfg=dict(type='Pretrained', checkpoint='weights/resnet38d_imagenet.pth'),
    ),
    head=dict(
        num_classes=20,
        dropout=0.5,
        init_cfg=dict(type='Xavier', layer='Conv2d', distribution='uniform'),
    ),
)

# VOC 2012 train_aug: 10,582 images. Every object of the XML files counts, also the difficult
# ones, the same as in the field's cls_labels.npy.
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
    # Bilinear, the same as mmpretrain's crops. OpenCV's bicubic does not smooth what it
    # shrinks, unlike Pillow's in those papers, and takes longer.
    dict(type='ppl_mm.RandomResizeLong', min_size=448, max_size=768, interpolation='bilinear'),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    # mmpretrain's own ColorJitter fails with NumPy 2 where it turns the hue backwards.
    dict(type='mmpretrain.NumpyToPIL', to_rgb=True),
    dict(
        type='mmpretrain.torchvision/ColorJitter',
        brightness=0.3,
        contrast=0.3,
        saturation=0.3,
        hue=0.1,
    ),
    dict(type='mmpretrain.PILToNumpy', to_bgr=True),
    # What the image does not fill gets the mean colour.
    dict(type='ppl_mm.RandomFillCrop', crop_size=448),
    dict(type='PackInputs'),
]
# 8 images in all, on 4 GPUs. On one GPU set it to 8: tools/train.py warns when the total
# differs, and --auto-scale-lr adapts the learning rate.
train_dataloader = dict(
    batch_size=2,
    dataset=dict(voc12, split='ImageSets/Segmentation/train_aug.txt', pipeline=train_pipeline),
)
val_dataloader = dict(dataset=dict(voc12, split='ImageSets/Segmentation/val.txt'))
test_dataloader = val_dataloader

# Rates: weights of the backbone x1, its biases x2, weights of the head x10, its biases x20;
# biases without decay. ResNet38d and our head have no biases; a backbone that has some gets
# these rates. Momentum is 0 on purpose: PSA's PolyOptimizer, which SEAM uses, hands the
# weight decay to SGD as the momentum. So the papers' momentum is 5e-4, and 0.9 with the same
# rate would be a ten times larger step.
optim_wrapper = dict(
    optimizer=dict(type='SGD', lr=0.01, momentum=0.0, weight_decay=5e-4),
    paramwise_cfg=dict(
        bias_lr_mult=2.0,
        bias_decay_mult=0.0,
        custom_keys={
            'head': dict(lr_mult=10.0),
            'head.classifier.bias': dict(lr_mult=20.0, decay_mult=0.0),
        },
    ),
)
train_cfg = dict(by_epoch=True, max_epochs=8, val_interval=1)
auto_scale_lr = dict(base_batch_size=8)
