"""Progressive patch learning, stage 3: the cut inside layer4, then the CAM."""
_base_ = './cls_stage1.py'

model = dict(neck=dict(position=15))
load_from = 'work_dirs/cls_stage2'
