_base_ = './cam_resnet38d_4xb2-8e_voc12aug-448x448.py'
