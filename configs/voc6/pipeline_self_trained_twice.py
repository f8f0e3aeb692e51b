"""The voc6 pipeline with two self-trained stages.

Better maps make better labels: an epoch of plain CAM, an epoch on its labels,
and an epoch on the labels of that one.
"""
_base_ = './pipeline.py'

name = 'voc6_self_trained_twice'
ppl = ['cls_first_round_voc6.py', 'cls_self_trained_once_voc6.py',
       'cls_self_trained_twice_voc6.py']
# The maps of a self-trained stage are probabilities, cut at another threshold.
confident_labels = ['confident_voc6.py', 'confident_self_trained_voc6.py']
