_base_ = './deeplabv2_r101-d8_4xb3-20k_voc12ppl-321x321.py'
