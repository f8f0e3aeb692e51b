"""voc6: six animal classes of PASCAL VOC 2012 at a long side of 320 px.

tools/dataset_converters/voc_subset.py makes data/voc6 from an official
VOCdevkit. Sized for a CPU: crops of 224.
"""
_base_ = './demo_image_labels.py'

data_root = 'data/voc6'
train_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    dict(type='ppl_mm.RandomResizeLong', min_size=224, max_size=384),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='ppl_mm.RandomFillCrop', crop_size=224),
    dict(type='PackInputs'),
]
train_dataloader = dict(
    dataset=dict(data_root=data_root, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
