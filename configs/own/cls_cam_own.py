"""Plain CAM on your own photos: ResNet-50 from ImageNet, one GPU or a CPU.

The weights are torchvision's, downloaded once. Without a network give a file:
--cfg-options model.backbone.init_cfg.checkpoint=weights/resnet50.pth

Sizes are those of the image as the network sees it: photos of 400 and of 4000 pixels are
trained on, and tested, at the same scale. Optimiser and rates are those of configs/voc6, our
choice: Adam's steps forgive a batch, and a number of photos, that nobody has tuned for.
"""

_base_ = ['../_base_/classifier.py', '../_base_/datasets/own_data.py']

# Output stride 16. BatchNorm and stem are frozen, as in IRN (net/resnet50_cam.py).
model = dict(
    backbone=dict(
        type='ResNet',
        depth=50,
        in_channels=_base_.own_channels,
        strides=(1, 2, 2, 1),
        frozen_stages=0,
        norm_cfg=dict(type='BN', requires_grad=False),
        norm_eval=True,
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50'),
    ),
    # Maps of rare classes would be below 0 everywhere without: docs/presets.md.
    head=dict(num_classes=_base_.own_num_classes, class_shares=_base_.own_class_shares),
    data_preprocessor=dict(
        mean=_base_.own_mean or [123.675, 116.28, 103.53],
        std=_base_.own_std or [58.395, 57.12, 57.375],
        to_rgb=_base_.own_photos,
    ),
)

# 384 pixels, and views of 256 to 1024, unless --image-size of own_data.py says otherwise.
side = round(384 * _base_.own_scale)
train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    # Long sides are IRN's for VOC (run_sample.py); the crop is our choice, for a GPU of 8 GB.
    dict(
        type='ppl_mm.RandomResizeLong', min_size=round(side * 5 / 6), max_size=round(side * 5 / 3)
    ),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(
        type='ppl_mm.RandomFillCrop',
        crop_size=side,
        pad_value=_base_.own_mean or [103.53, 116.28, 123.675],  # BGR
    ),
    dict(type='PackInputs'),
]
test_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='Resize', scale=(round(side * 4 / 3),) * 2, keep_ratio=True),
    _base_.pack,
]
train_dataloader = dict(
    batch_size=8,
    drop_last=False,  # there may be fewer photos than a batch
    dataset=dict(data_root=_base_.own_data_root, pipeline=train_pipeline),
)
val_dataloader = dict(
    num_workers=2, dataset=dict(data_root=_base_.own_data_root, pipeline=test_pipeline)
)
test_dataloader = val_dataloader
# PSA's and IRN's 0.5, 1, 1.5 and 2 of a long side of 512.
scales = [
    dict(type='Resize', scale=(round(side * by / 3),) * 2, keep_ratio=True) for by in (2, 4, 6, 8)
]
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='TestTimeAug', transforms=[scales, _base_.flips, [_base_.pack]]),
]
# Negatives of this split, if there are ten, say how strong the map of an absent class is. The map
# of a predicted class that is as weak as that is dimmed.
export_negatives = 'train'
# Maps are multiplied by how unlike the background a cell looks; the background is that of this
# split, where no map is. None leaves the maps as they are.
export_reference = 'train'
# Maps are put right by what those of all images of this split have in common. None: they stay;
# measured with the preset quick alone.
export_probe = None

optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=1e-4, weight_decay=1e-2),
    paramwise_cfg=dict(custom_keys=dict(head=dict(lr_mult=10.0))),
    clip_grad=dict(max_norm=5.0),
)
# A stage of patch learning is a third: about 1,000 steps of 8 photos, between 2 and 20
# epochs. Our choice: few photos need many epochs, many photos need few.
stage_epochs = min(20, max(2, round(8000 / _base_.own_num_train)))
train_cfg = dict(by_epoch=True, max_epochs=3 * stage_epochs, val_interval=stage_epochs)
auto_scale_lr = dict(base_batch_size=8)
# On a CPU, convolutions are fastest in this memory format.
default_hooks = dict(
    channels_last=dict(type='ppl_mm.ChannelsLastHook'),
    # Maps of six images after each epoch, for every backend of the visualizer: docs/evaluation.md.
    maps=dict(type='ppl_mm.CAMVisualizationHook'),
)
