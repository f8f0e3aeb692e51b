"""Progressive patch learning, stage 3, ResNet-50, MS COCO 2014."""
_base_ = './ppl-stage1_resnet50_4xb4-5e_coco14-512x512.py'

model = dict(neck=dict(position=_base_.positions[2]))
# A folder stands for its latest checkpoint.
load_from = (
    'work_dirs/ppl-stage2_resnet50_4xb4-5e_coco14-512x512')
