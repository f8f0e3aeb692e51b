"""AffinityNet on confident regions of voc6, on a CPU.

The classifier's backbone at output stride 16, from ImageNet weights. Its keys are the
classifier's, so ``load_from`` may also name one of those. A map of stride 4 is small enough
at 320 px: 80 x 60.
"""

_base_ = '../_base_/affinity_net.py'
crop_size = (224, 224)

model = dict(
    data_preprocessor=dict(mean=[128.0, 128.0, 128.0], std=[128.0, 128.0, 128.0], size=crop_size),
    backbone=dict(
        type='ppl_mm.DilatedMobileNetV2',
        strides=(1, 2, 2, 2, 1, 1, 1),
        dilations=(1, 1, 1, 1, 1, 2, 2),
        out_indices=(6,),
        # The weights have BatchNorm folded into the convolutions.
        norm_eval=True,
        # Only the head learns: a step costs a third on a CPU.
        frozen_stages=7,
        init_cfg=dict(
            type='Pretrained', checkpoint='weights/mobilenet_v2_imagenet.pth', prefix='backbone.'
        ),
    ),
    # Strides 4, 8, 16, 16; 24, 32, 96 and 320 channels.
    taps=(3, 6, 13, 17),
    channels=(16, 16, 32, 64),
    stride=4,
    norm_groups=4,
)

# At 1e-3 the head learnt less in as many steps.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=3e-3, weight_decay=1e-2),
    clip_grad=dict(max_norm=5.0),
)
train_cfg = dict(by_epoch=True, max_epochs=2)

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    # The long side is 320 in this data.
    dict(type='RandomResize', scale=(320, 320), ratio_range=(0.75, 1.5), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=8, num_workers=2, dataset=dict(data_root='data/voc6', pipeline=train_pipeline)
)
auto_scale_lr = dict(base_batch_size=8)
