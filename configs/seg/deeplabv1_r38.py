_base_ = './deeplabv1_r38-d8_4xb3-20k_voc12ppl-448x448.py'
