"""The embedded demo data: 96 px images, image-level labels of 4 creatures.

Made by tools/dataset_converters/make_demo_data.py; its classes.txt names them.
"""
dataset_type = 'ppl_mm.ImageLabelDataset'
data_root = 'data/demo'
meta_keys = ('image_id', 'img_path', 'seg_map_path', 'ori_shape', 'img_shape',
             'scale_factor', 'flip', 'flip_direction')

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='ppl_mm.RandomResizeLong', min_size=80, max_size=144),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='ppl_mm.RandomFillCrop', crop_size=96),
    dict(type='PackInputs'),
]
test_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='PackInputs', meta_keys=meta_keys),
]
tta_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(
        type='TestTimeAug',
        transforms=[
            [
                dict(type='Resize', scale_factor=scale, keep_ratio=True)
                for scale in (1.0, 1.5)
            ],
            [
                dict(type='RandomFlip', prob=prob, direction='horizontal')
                for prob in (0., 1.)
            ],
            [dict(type='PackInputs', meta_keys=meta_keys)],
        ]),
]

train_dataloader = dict(
    batch_size=16,
    num_workers=2,
    # Fresh workers have the same seeds in each epoch, so a run that was
    # interrupted and resumed sees the crops that it would have seen.
    persistent_workers=False,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        split='train',
        data_prefix=dict(seg_map_path='SegmentationClass'),
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        split='val',
        data_prefix=dict(seg_map_path='SegmentationClass'),
        test_mode=True,
        pipeline=test_pipeline))
test_dataloader = val_dataloader

val_evaluator = dict(type='AveragePrecision')
test_evaluator = val_evaluator
val_cfg = dict()
test_cfg = dict()
