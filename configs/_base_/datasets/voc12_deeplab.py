"""DeepLab's data on PASCAL VOC 2012: pseudo-labels, crops of 321.

Scales 0.5 to 1.5, crop 321, flip: kazuto1011/deeplab-pytorch,
configs/voc12.yaml (SCALES, IMAGE.SIZE.TRAIN).
"""
_base_ = './cam_pseudo_labels.py'
crop_size = (321, 321)

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    # VOC's long side is 500: the factor is that of the image itself.
    dict(type='RandomResize', scale=(500, 500), ratio_range=(0.5, 1.5),
         keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
# 12 images in all, on 4 GPUs; the sources have 10, no multiple of four.
train_dataloader = dict(
    batch_size=3,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(_base_.cam_pseudo_labels, pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(_base_.cam_true_masks, pipeline=test_pipeline))
test_dataloader = val_dataloader
auto_scale_lr = dict(enable=False, base_batch_size=12)
