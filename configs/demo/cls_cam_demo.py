"""Plain CAM on the demo data: a narrow ResNet-18, from scratch, on a CPU."""
_base_ = [
    '../_base_/datasets/demo_image_labels.py',
    '../_base_/cls_runtime.py',
]

model = dict(
    type='ppl_mm.CAMClassifier',
    backbone=dict(
        type='ResNet',
        depth=18,
        stem_channels=24,
        base_channels=24,
        strides=(1, 2, 1, 1)),  # output stride 8: 12 x 12 cells
    head=dict(type='ppl_mm.CAMHead', num_classes=4),
    data_preprocessor=dict(
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        to_rgb=True))
tta_model = dict(type='ppl_mm.CAMTTAModel')

optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=1e-2),
    clip_grad=dict(max_norm=5.))
param_scheduler = dict(
    type='PolyLR',
    power=0.9,
    eta_min=0.,
    by_epoch=True,
    convert_to_iter_based=True)
train_cfg = dict(by_epoch=True, max_epochs=9, val_interval=9)
auto_scale_lr = dict(base_batch_size=16)
default_hooks = dict(
    checkpoint=dict(interval=2),
    # What convolutions on a CPU are fastest in.
    channels_last=dict(type='ppl_mm.ChannelsLastHook'))
