"""Your own photos with image-level labels, of any size.

Sizes are those of the image as the network sees it: photos of 400 and of 4000
pixels are trained on, and tested, at the same scale. Long sides 320 to 640
are IRN's for VOC (run_sample.py); the crop is our choice, for a GPU of 8 GB.
"""
_base_ = './own_data.py'

dataset_type = 'ppl_mm.ImageLabelDataset'
meta_keys = ('image_id', 'img_path', 'seg_map_path', 'ori_shape', 'img_shape',
             'scale_factor', 'flip', 'flip_direction')

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='ppl_mm.RandomResizeLong', min_size=320, max_size=640),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='ppl_mm.RandomFillCrop', crop_size=384),
    dict(type='PackInputs'),
]
test_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='Resize', scale=(512, 512), keep_ratio=True),
    dict(type='PackInputs', meta_keys=meta_keys),
]
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(
        type='TestTimeAug',
        transforms=[
            # PSA's and IRN's 0.5, 1, 1.5 and 2 of a long side of 512.
            [
                dict(type='Resize', scale=(side, side), keep_ratio=True)
                for side in (256, 512, 768, 1024)
            ],
            [
                dict(type='RandomFlip', prob=prob, direction='horizontal')
                for prob in (0., 1.)
            ],
            [dict(type='PackInputs', meta_keys=meta_keys)],
        ]),
]

train_dataloader = dict(
    batch_size=8,
    num_workers=4,
    # Fresh workers have the same seeds in each epoch, so a run that was
    # interrupted and resumed sees the crops that it would have seen.
    persistent_workers=False,
    drop_last=False,  # there may be fewer photos than a batch
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type=dataset_type,
        data_root=_base_.own_data_root,
        split='train',
        data_prefix=dict(seg_map_path='SegmentationClass'),
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=_base_.own_data_root,
        split='val',
        data_prefix=dict(seg_map_path='SegmentationClass'),
        test_mode=True,
        pipeline=test_pipeline))
test_dataloader = val_dataloader

val_evaluator = dict(type='AveragePrecision')
test_evaluator = val_evaluator
val_cfg = dict()
test_cfg = dict()
