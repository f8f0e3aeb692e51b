"""Plain CAM, ResNet-50, PASCAL VOC 2012: the baseline of every comparison."""
_base_ = [
    '../_base_/models/cam_resnet50.py',
    '../_base_/datasets/voc12_image_labels.py',
    '../_base_/schedules/irn_5e.py',
    '../_base_/cls_runtime.py',
]
