"""Progressive patch learning, stage 2, ResNet38d, PASCAL VOC 2012."""
_base_ = './ppl-stage1_resnet38d_4xb2-8e_voc12aug-448x448.py'

model = dict(neck=dict(position=_base_.positions[1]))
# A folder stands for its latest checkpoint.
load_from = (
    'work_dirs/ppl-stage1_resnet38d_4xb2-8e_voc12aug-448x448')
