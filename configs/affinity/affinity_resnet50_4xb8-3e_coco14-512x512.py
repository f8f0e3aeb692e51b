"""AffinityNet on ResNet-50, from the sure regions of MS COCO 2014.

Model and schedule are those of VOC: our choice.
"""
_base_ = [
    './affinity_resnet50_4xb8-3e_voc12aug-512x512.py',
    '../_base_/datasets/affinity_labels_coco14.py',
]

train_dataloader = dict(dataset=_base_.coco14_confident)
