"""mmseg's DeepLab-v3+, ResNet-101, on the pseudo-labels of VOC 2012."""

_base_ = './deeplabv3plus_r50.py'

model = dict(pretrained='open-mmlab://resnet101_v1c', backbone=dict(depth=101))
