"""PASCAL VOC 2012 train_aug (10,582 images) with image-level labels.

Every object of the XML counts, also the difficult ones, as in the field's
cls_labels.npy. Crops as in IRN (run_sample.py): long side 320-640, crop 512.
"""
dataset_type = 'ppl_mm.ImageLabelDataset'
data_root = 'data/VOCdevkit/VOC2012'
classes = ('aeroplane', 'bicycle', 'bird', 'boat', 'bottle', 'bus', 'car',
           'cat', 'chair', 'cow', 'diningtable', 'dog', 'horse', 'motorbike',
           'person', 'pottedplant', 'sheep', 'sofa', 'train', 'tvmonitor')
metainfo = dict(classes=classes)
meta_keys = ('image_id', 'img_path', 'seg_map_path', 'ori_shape', 'img_shape',
             'scale_factor', 'flip', 'flip_direction')

train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    # Bilinear, as mmpretrain's crops: OpenCV's bicubic, unlike Pillow's in
    # those papers, does not smooth what it shrinks, and takes longer.
    dict(type='ppl_mm.RandomResizeLong', min_size=320, max_size=640,
         interpolation='bilinear'),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='ppl_mm.RandomFillCrop', crop_size=512),
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
            # PSA, IRN: scales 0.5, 1, 1.5, 2 and the horizontal flip.
            [
                dict(type='Resize', scale_factor=scale, keep_ratio=True)
                for scale in (0.5, 1.0, 1.5, 2.0)
            ],
            [
                dict(type='RandomFlip', prob=prob, direction='horizontal')
                for prob in (0., 1.)
            ],
            [dict(type='PackInputs', meta_keys=meta_keys)],
        ]),
]

# 16 images in all (IRN), on 4 GPUs. On one GPU set it to 16: tools/train.py
# warns when the total differs, and --auto-scale-lr adapts the learning rate.
train_dataloader = dict(
    batch_size=4,
    num_workers=4,
    # Fresh workers have the same seeds in each epoch, so a run that was
    # interrupted and resumed sees the crops that it would have seen.
    persistent_workers=False,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        metainfo=metainfo,
        ann_file='Annotations',
        split='ImageSets/Segmentation/train_aug.txt',
        data_prefix=dict(
            img_path='JPEGImages', seg_map_path='SegmentationClass'),
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        metainfo=metainfo,
        ann_file='Annotations',
        split='ImageSets/Segmentation/val.txt',
        data_prefix=dict(
            img_path='JPEGImages', seg_map_path='SegmentationClass'),
        test_mode=True,
        pipeline=test_pipeline))
test_dataloader = val_dataloader

val_evaluator = dict(type='AveragePrecision')
test_evaluator = val_evaluator
val_cfg = dict()
test_cfg = dict()
