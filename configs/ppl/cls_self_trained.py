_base_ = './ppl-self-trained_resnet38d_4xb2-8e_voc12aug-448x448.py'
load_from = 'work_dirs/cls_cam'  # of the short names, too
