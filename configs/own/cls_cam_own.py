"""Plain CAM on your own photos: ResNet-50 from ImageNet, one GPU or a CPU.

The weights are torchvision's, downloaded once. Without a network give a file:
--cfg-options model.backbone.init_cfg.checkpoint=weights/resnet50.pth

Optimiser and rates are those of configs/voc6, our choice: Adam's steps
forgive a batch, and a number of photos, that nobody has tuned for.
"""
_base_ = [
    '../_base_/models/cam_resnet50.py',
    '../_base_/datasets/own_image_labels.py',
    '../_base_/cls_runtime.py',
]

model = dict(head=dict(num_classes=_base_.own_num_classes))

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
# A third is a stage of patch learning: about 1,000 steps of 8 photos, between
# 2 and 20 epochs. Our choice: few photos need many epochs, many need few.
stage_epochs = min(20, max(2, round(8000 / _base_.own_num_train)))
train_cfg = dict(
    by_epoch=True, max_epochs=3 * stage_epochs, val_interval=stage_epochs)
auto_scale_lr = dict(base_batch_size=8)
# What convolutions on a CPU are fastest in.
default_hooks = dict(channels_last=dict(type='ppl_mm.ChannelsLastHook'))
