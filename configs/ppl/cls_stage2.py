"""Progressive patch learning, stage 2: from stage 1, the cut after layer3."""
_base_ = './cls_stage1.py'

model = dict(neck=dict(position=13))
# A folder stands for its latest checkpoint.
load_from = 'work_dirs/cls_stage1'
