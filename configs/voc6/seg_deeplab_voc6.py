"""A small DeepLab-v3+ on the pseudo-labels of voc6, on a CPU.

The network of ../_base_/models/deeplabv3plus_mobilenetv2.py, from ImageNet
weights; the schedule is short enough for two cores. No mask in training.
"""
_base_ = [
    '../_base_/models/deeplabv3plus_mobilenetv2.py',
    '../_base_/datasets/cam_pseudo_labels.py',
    '../_base_/seg_runtime.py',
]
data_root = 'data/voc6'
crop_size = (224, 224)
max_iters = 800

model = dict(
    data_preprocessor=dict(size=crop_size),
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='weights/mobilenet_v2_imagenet.pth',
            prefix='backbone.')),
    decode_head=dict(num_classes=7))

# As for the classifier: BatchNorm is folded into the weights, SGD diverges.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-4, weight_decay=1e-2),
    paramwise_cfg=dict(custom_keys=dict(decode_head=dict(lr_mult=10.))),
    clip_grad=dict(max_norm=5.))
param_scheduler = [
    dict(type='PolyLR', power=0.9, eta_min=0., begin=0, end=max_iters,
         by_epoch=False),
]
train_cfg = dict(
    type='IterBasedTrainLoop', max_iters=max_iters, val_interval=max_iters)
default_hooks = dict(checkpoint=dict(interval=200))

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    # The long side is 320 in this data.
    dict(type='RandomResize', scale=(320, 320), ratio_range=(0.5, 1.5),
         keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
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
