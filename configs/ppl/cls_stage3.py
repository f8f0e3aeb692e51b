_base_ = './ppl-stage3_resnet38d_4xb2-8e_voc12aug-448x448.py'
load_from = 'work_dirs/cls_stage2'  # of the short names, too
