"""AffinityNet on ResNet38d, from the sure regions of MS COCO 2014.

Model and schedule are those of VOC: our choice.
"""
_base_ = [
    './affinity_resnet38d_4xb2-8e_voc12aug-448x448.py',
    '../_base_/datasets/affinity_labels_coco14.py',
]

train_dataloader = dict(dataset=_base_.coco14_confident)
