"""Plain CAM on voc6: ImageNet MobileNetV2 at output stride 16, on a CPU."""
_base_ = [
    '../_base_/datasets/voc6_image_labels.py',
    '../_base_/cls_runtime.py',
]

model = dict(
    type='ppl_mm.CAMClassifier',
    backbone=dict(
        type='ppl_mm.DilatedMobileNetV2',
        strides=(1, 2, 2, 2, 1, 1, 1),
        dilations=(1, 1, 1, 1, 1, 2, 2),
        # The weights have BatchNorm folded into the convolutions.
        norm_eval=True,
        frozen_stages=1,
        init_cfg=dict(
            type='Pretrained',
            checkpoint='weights/mobilenet_v2_imagenet.pth',
            prefix='backbone.')),
    head=dict(type='ppl_mm.CAMHead', num_classes=6),
    data_preprocessor=dict(
        mean=[128., 128., 128.], std=[128., 128., 128.], to_rgb=True))
tta_model = dict(type='ppl_mm.CAMTTAModel')

# With BatchNorm folded into the weights nothing tames a step that is too
# large: SGD at 0.01 diverged, so steps are Adam's, and clipped.
optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=1e-4, weight_decay=1e-2),
    paramwise_cfg=dict(custom_keys=dict(head=dict(lr_mult=10.))),
    clip_grad=dict(max_norm=5.))
param_scheduler = dict(
    type='PolyLR',
    power=0.9,
    eta_min=0.,
    by_epoch=True,
    convert_to_iter_based=True)
train_cfg = dict(by_epoch=True, max_epochs=3, val_interval=3)
auto_scale_lr = dict(base_batch_size=16)
# What convolutions on a CPU are fastest in.
default_hooks = dict(channels_last=dict(type='ppl_mm.ChannelsLastHook'))
