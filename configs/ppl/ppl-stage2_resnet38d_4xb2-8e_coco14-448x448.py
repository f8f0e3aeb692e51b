"""Progressive patch learning, stage 2, ResNet38d, MS COCO 2014."""
_base_ = './ppl-stage1_resnet38d_4xb2-8e_coco14-448x448.py'

model = dict(neck=dict(position=_base_.positions[1]))
# A folder stands for its latest checkpoint.
load_from = (
    'work_dirs/ppl-stage1_resnet38d_4xb2-8e_coco14-448x448')
