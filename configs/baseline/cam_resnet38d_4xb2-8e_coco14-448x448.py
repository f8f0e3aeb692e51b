"""Plain CAM, ResNet38d, MS COCO 2014.

Model and schedule are those of VOC: our choice.
"""
_base_ = [
    '../_base_/models/cam_resnet38d.py',
    '../_base_/datasets/coco14_image_labels_448.py',
    '../_base_/schedules/seam_8e.py',
    '../_base_/cls_runtime.py',
]

model = dict(head=dict(num_classes=80))
