"""DeepLab-v2, ResNet-101, on the pseudo-labels of VOC 2012 train_aug.

Values of kazuto1011/deeplab-pytorch, configs/voc12.yaml: crop 321, scales 0.5
to 1.5, ASPP rates 6/12/18/24, batch 10, frozen BatchNorm, 10 times the rate
for the head's weights, 20 times without decay for its biases. Two differences:
it starts from ImageNet (torchvision), where that recipe, and many numbers
published with it, start from COCO; and the loss is taken at one scale.

Batch 10: one GPU x 10. The author of AdvCAM trains 30,000 iterations with a
balanced cross entropy (jbeomlee93/AdvCAM#9: 64.9 -> 68.1).
"""
_base_ = [
    '../_base_/datasets/cam_pseudo_labels.py',
    '../_base_/schedules/seg_poly_20k.py',
    '../_base_/seg_runtime.py',
]
crop_size = (321, 321)

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
        type='ResNet',
        depth=101,
        num_stages=4,
        out_indices=(3, ),
        strides=(1, 2, 1, 1),
        dilations=(1, 1, 2, 4),
        contract_dilation=True,
        norm_cfg=dict(type='BN', requires_grad=False),
        norm_eval=True,
        style='pytorch',
        init_cfg=dict(
            type='Pretrained', checkpoint='torchvision://resnet101')),
    decode_head=dict(
        type='ppl_mm.DeepLabV2Head',
        in_channels=2048,
        in_index=0,
        num_classes=21,
        dilations=(6, 12, 18, 24)),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'))

optim_wrapper = dict(
    paramwise_cfg=dict(
        custom_keys={
            'decode_head': dict(lr_mult=10.),
            **{f'decode_head.convs.{i}.bias': dict(lr_mult=20., decay_mult=0.)
               for i in range(4)},
        }))

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    # VOC's long side is 500: the factor is that of the image itself.
    dict(type='RandomResize', scale=(500, 500), ratio_range=(0.5, 1.5),
         keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=10,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(_base_.cam_pseudo_labels, pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(_base_.cam_true_masks, pipeline=test_pipeline))
test_dataloader = val_dataloader
auto_scale_lr = dict(enable=False, base_batch_size=10)
