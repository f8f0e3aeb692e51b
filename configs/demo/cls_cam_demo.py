"""Plain CAM on the demo data: a narrow ResNet-18, from scratch, on a CPU.

tools/dataset_converters/make_demo_data.py makes the data: images of 96 px, with image-level
labels of the 4 creatures that its classes.txt names.
"""

_base_ = '../_base_/classifier.py'

model = dict(
    backbone=dict(
        type='ResNet',
        depth=18,
        stem_channels=24,
        base_channels=24,
        strides=(1, 2, 1, 1),  # output stride 8: 12 x 12 cells
    ),
    head=dict(num_classes=4),
)

data_root = 'data/demo'
train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='ppl_mm.RandomResizeLong', min_size=80, max_size=144),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='ppl_mm.RandomFillCrop', crop_size=96),
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

optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=1e-2), clip_grad=dict(max_norm=5.0)
)
train_cfg = dict(by_epoch=True, max_epochs=9, val_interval=9)
auto_scale_lr = dict(base_batch_size=16)
default_hooks = dict(
    checkpoint=dict(interval=2),
    # On a CPU, convolutions are fastest in this memory format.
    channels_last=dict(type='ppl_mm.ChannelsLastHook'),
)
