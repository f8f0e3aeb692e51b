"""Plain CAM, ResNet-50, MS COCO 2014.

Model and schedule are those of VOC: our choice.
"""
_base_ = [
    '../_base_/models/cam_resnet50.py',
    '../_base_/datasets/coco14_image_labels.py',
    '../_base_/schedules/irn_5e.py',
    '../_base_/cls_runtime.py',
]

model = dict(head=dict(num_classes=80))
