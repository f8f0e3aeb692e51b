"""Labels of what is sure, 255 elsewhere, for an AffinityNet: VOC, as IRN.

The labels are made from exported CAMs by a config that is named confident_*;
the folder below is that command's --out-dir::

    python tools/refine.py configs/affinity/confident_irn.py \
        work_dirs/export_cam --out-dir work_dirs/confident

Scales 0.5 to 1.5, crop 512, flip: IRN (step/train_irn.py, run_sample.py).
"""
crop_size = (512, 512)
train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='LoadAnnotations'),
    # VOC's long side is 500: the factor is that of the image itself.
    dict(type='RandomResize', scale=(500, 500), ratio_range=(0.5, 1.5),
         keep_ratio=True),
    # Not cat_max_ratio: most of a label may be ignored.
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    # 32 images in all (IRN), on 4 GPUs.
    batch_size=8,
    num_workers=4,
    # Fresh workers, see demo_image_labels.py: an interrupted run resumes as
    # if it had not been interrupted.
    persistent_workers=False,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='ppl_mm.CAMPseudoLabelDataset',
        data_root='data/VOCdevkit/VOC2012',
        label_dir='work_dirs/confident',
        ann_file='ImageSets/Segmentation/train_aug.txt',
        pipeline=train_pipeline))
