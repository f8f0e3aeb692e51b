_base_ = './ppl-progressive_resnet38d_4xb2-24e_voc12aug-448x448.py'
