"""Pseudo-labels to train on, true masks to test on: for any mmseg config.

Add this file to the bases of a config, after its own, and put the two data sets where that
config has its. The model keeps its transforms, batch size and schedule::

    _base_ = [
        'mmseg::deeplabv3plus/deeplabv3plus_r50-d8_4xb4-20k_voc12aug-512x512.py',
        '../_base_/datasets/cam_pseudo_labels.py',
    ]
    custom_imports = dict(imports=['ppl_mm'], allow_failed_imports=False)
    train_dataloader = dict(dataset=dict(
        _base_.cam_pseudo_labels, pipeline=_base_.train_pipeline,
        _delete_=True))
    val_dataloader = dict(dataset=dict(
        _base_.cam_true_masks, pipeline=_base_.test_pipeline, _delete_=True))
    test_dataloader = val_dataloader

mmengine refuses a key that two bases define, so this file cannot replace a dataloader
itself. docs/segmentation.md says more.
"""

cam_data_root = 'data/VOCdevkit/VOC2012'
# What tools/export_cam.py was given as --out-dir.
cam_label_dir = 'work_dirs/export_cam'
# None: those of export.json, and of classes.txt in the data set.
cam_classes = (
    'background', 'aeroplane', 'bicycle', 'bird', 'boat', 'bottle', 'bus', 'car', 'cat',
    'chair', 'cow', 'diningtable', 'dog', 'horse', 'motorbike', 'person', 'pottedplant',
    'sheep', 'sofa', 'train', 'tvmonitor',
)  # fmt: skip

cam_pseudo_labels = dict(
    type='ppl_mm.CAMPseudoLabelDataset',
    data_root=cam_data_root,
    label_dir=cam_label_dir,
    # Only these images: an export may hold labels of other splits, too.
    ann_file='ImageSets/Segmentation/train_aug.txt',
    metainfo=dict(classes=cam_classes),
)
# For full supervision: SBD's masks, made by tools/dataset_converters/voc12_sbd.py.
cam_full_masks = dict(
    type='ppl_mm.VOCLayoutDataset',
    data_root=cam_data_root,
    ann_file='ImageSets/Segmentation/train_aug.txt',
    data_prefix=dict(seg_map_path='SegmentationClassAug'),
    metainfo=dict(classes=cam_classes),
)
cam_true_masks = dict(
    type='ppl_mm.VOCLayoutDataset',
    data_root=cam_data_root,
    ann_file='ImageSets/Segmentation/val.txt',
    metainfo=dict(classes=cam_classes),
    test_mode=True,
)
