"""AffinityNet on confident regions of the demo data, on a CPU.

The backbone is the classifier's. ``load_from`` starts it with the weights that image-level
labels gave it; None starts it from scratch.
"""

_base_ = '../_base_/affinity_net.py'
crop_size = (96, 96)

model = dict(
    data_preprocessor=dict(size=crop_size),
    backbone=dict(
        type='mmpretrain.ResNet', depth=18, stem_channels=24, base_channels=24, strides=(1, 2, 1, 1)
    ),
    # Strides 4, 8, 8; 32, 64 and 256 channels.
    taps=(2, 4, 8),
    channels=(16, 32, 64),
    stride=4,
    norm_groups=4,
)

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=1e-2),
    clip_grad=dict(max_norm=5.0),
)
train_cfg = dict(by_epoch=True, max_epochs=6)

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', scale=(96, 96), ratio_range=(0.75, 1.5), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    # The creatures lie in any direction.
    dict(type='RandomFlip', prob=[0.25, 0.25], direction=['horizontal', 'vertical']),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=16, num_workers=2, dataset=dict(data_root='data/demo', pipeline=train_pipeline)
)
auto_scale_lr = dict(base_batch_size=16)
