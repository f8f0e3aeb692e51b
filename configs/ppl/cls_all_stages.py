_base_ = './ppl-all-stages_resnet38d_4xb2-8e_voc12aug-448x448.py'
