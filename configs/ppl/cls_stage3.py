"""Progressive patch learning, stage 3, ResNet38d, PASCAL VOC 2012."""

_base_ = './cls_stage1.py'

model = dict(neck=dict(position=15))
load_from = 'work_dirs/cls_stage2'  # a folder stands for its latest checkpoint
