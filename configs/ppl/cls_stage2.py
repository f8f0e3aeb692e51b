"""Progressive patch learning, stage 2, ResNet38d, PASCAL VOC 2012."""

_base_ = './cls_stage1.py'

model = dict(neck=dict(position=12))
load_from = 'work_dirs/cls_stage1'  # a folder stands for its latest checkpoint
