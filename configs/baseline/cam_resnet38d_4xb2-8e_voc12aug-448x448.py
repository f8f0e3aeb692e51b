"""Plain CAM, ResNet38d, PASCAL VOC 2012: the baseline of every comparison."""
_base_ = [
    '../_base_/models/cam_resnet38d.py',
    '../_base_/datasets/voc12_image_labels_448.py',
    '../_base_/schedules/seam_8e.py',
    '../_base_/cls_runtime.py',
]
