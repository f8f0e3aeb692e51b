_base_ = './deeplabv3plus_r101-d8_4xb4-20k_voc12ppl-512x512.py'
