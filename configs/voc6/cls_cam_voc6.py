"""Plain CAM on voc6: ImageNet MobileNetV2 at output stride 16, on a CPU.

voc6 is six animal classes of PASCAL VOC 2012 at a long side of 320 px.
tools/dataset_converters/voc_subset.py makes data/voc6 from an official VOCdevkit.
"""

_base_ = '../_base_/classifier.py'

model = dict(
    backbone=dict(
        type='ppl_mm.DilatedMobileNetV2',
        strides=(1, 2, 2, 2, 1, 1, 1),
        dilations=(1, 1, 1, 1, 1, 2, 2),
        # The weights have BatchNorm folded into the convolutions.
        norm_eval=True,
        frozen_stages=1,
        init_cfg=dict(
            type='Pretrained', checkpoint='weights/mobilenet_v2_imagenet.pth', prefix='backbone.'
        ),
    ),
    head=dict(num_classes=6),
    # These weights expect (x - 128) / 128.
    data_preprocessor=dict(mean=[128.0, 128.0, 128.0], std=[128.0, 128.0, 128.0]),
)

data_root = 'data/voc6'
train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='ppl_mm.RandomResizeLong', min_size=224, max_size=384),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='ppl_mm.RandomFillCrop', crop_size=224),
    dict(type='PackInputs'),
]
train_dataloader = dict(
    batch_size=16, num_workers=2, dataset=dict(data_root=data_root, pipeline=train_pipeline)
)
val_dataloader = dict(num_workers=2, dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
scales = [dict(type='Resize', scale_factor=scale, keep_ratio=True) for scale in (1.0, 1.5)]
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='TestTimeAug', transforms=[scales, _base_.flips, [_base_.pack]]),
]
# Two views instead of four, for maps that become labels and are not measured.
tta_without_flip = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='TestTimeAug', transforms=[scales, _base_.flips[:1], [_base_.pack]]),
]

# With BatchNorm folded into the weights nothing tames a step that is too large: SGD at 0.01
# diverged. So steps are Adam's, and clipped.
optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=1e-4, weight_decay=1e-2),
    paramwise_cfg=dict(custom_keys=dict(head=dict(lr_mult=10.0))),
    clip_grad=dict(max_norm=5.0),
)
train_cfg = dict(by_epoch=True, max_epochs=3, val_interval=3)
auto_scale_lr = dict(base_batch_size=16)
# On a CPU, convolutions are fastest in this memory format.
default_hooks = dict(channels_last=dict(type='ppl_mm.ChannelsLastHook'))
