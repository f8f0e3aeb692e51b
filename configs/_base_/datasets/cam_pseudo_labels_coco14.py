"""Pseudo-labels and true masks of MS COCO 2014, for a config to use.

As cam_pseudo_labels.py, whose keys these replace: list this file after a
config of VOC and put the data sets where that one has its.
"""
coco14_images = dict(
    data_root='data/coco',
    metainfo=None)  # the 81 classes of classes.txt
coco14_pseudo_labels = dict(
    coco14_images,
    label_dir='work_dirs/coco14/export_cam',
    ann_file='ImageSets/Segmentation/train.txt')
coco14_full_masks = dict(
    coco14_images,
    type='ppl_mm.VOCLayoutDataset',
    ann_file='ImageSets/Segmentation/train.txt')
coco14_true_masks = dict(
    coco14_images, ann_file='ImageSets/Segmentation/val.txt')
