_base_ = './affinity_resnet50_4xb8-3e_voc12aug-512x512.py'
