"""DeepLab-v1, ResNet38d, on the pseudo-labels of VOC 2012 train_aug.

The segmentation step of SEAM (YudeWang/semantic-segmentation-codebase,
lib/net/deeplabv1.py, experiment/seamv1-pseudovoc/config.py and train.py): output stride 8,
one convolution of dilation 12, crop 448, scales 0.5 to 1.5, 20,000 iterations, lr 0.001,
momentum 0.9, weight decay 5e-4, poly 0.9; 10 times the rate for what is new, 20 times
without decay for its biases. The batch is 12, 3 on each of 4 GPUs, where that has 10, with
the rate times 12 / 10. The momentum is real here: this optimiser is torch's own SGD.

--tta: scales 0.5 to 1.75, flip, and SEAM's CRF of one iteration.
"""

_base_ = ['../_base_/datasets/cam_pseudo_labels.py', '../_base_/segmentation.py']
crop_size = (448, 448)
max_iters = 20_000

# From ImageNet, all of the backbone is trained. BatchNorm takes the batch's statistics and
# keeps running ones with momentum 3e-4 (TRAIN_BN_MOM). Its scale and shift stay what they
# are, since the optimiser there gets convolutions only. SyncBN is our choice, since three
# images of each GPU are few (there: five).
norm_cfg = dict(type='SyncBN', momentum=3e-4, requires_grad=False)
model = dict(
    data_preprocessor=dict(size=crop_size),
    backbone=dict(
        type='ppl_mm.ResNet38d',
        frozen_stages=0,
        norm_cfg=norm_cfg,
        norm_eval=False,
        init_cfg=dict(type='Pretrained', checkpoint='weights/resnet38d_imagenet.pth'),
    ),
    decode_head=dict(
        type='ppl_mm.DeepLabV1Head',
        in_channels=4096,
        in_index=0,
        num_classes=21,
        norm_cfg=norm_cfg,
        align_corners=True,
    ),
)

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=1e-3 * 12 / 10, momentum=0.9, weight_decay=5e-4),
    paramwise_cfg=dict(
        bias_lr_mult=2.0,
        bias_decay_mult=0.0,
        custom_keys={
            'decode_head': dict(lr_mult=10.0),
            'decode_head.conv_seg.bias': dict(lr_mult=20.0, decay_mult=0.0),
        },
    ),
)
param_scheduler = [
    dict(type='PolyLR', power=0.9, eta_min=0.0, begin=0, end=max_iters, by_epoch=False)
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=max_iters, val_interval=2000)

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    # VOC's long side is 500, so the factor is that of the image.
    dict(type='RandomResize', scale=(500, 500), ratio_range=(0.5, 1.5), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    # Hue, saturation and value by up to 10 of 255 there (DATA_RANDOM_H, _S, _V); this is
    # mmseg's transform at about that strength.
    dict(
        type='PhotoMetricDistortion',
        brightness_delta=10,
        contrast_range=(1.0, 1.0),
        saturation_range=(0.96, 1.04),
        hue_delta=10,
    ),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=3, dataset=dict(_base_.cam_pseudo_labels, pipeline=train_pipeline)
)
val_dataloader = dict(num_workers=4, persistent_workers=True, dataset=_base_.cam_true_masks)
test_dataloader = val_dataloader
auto_scale_lr = dict(enable=False, base_batch_size=12)

tta_model = dict(
    type='ppl_mm.RefinedSegTTAModel', refiners=dict(type='ppl_mm.DenseCRF', preset='deeplab_v1')
)
