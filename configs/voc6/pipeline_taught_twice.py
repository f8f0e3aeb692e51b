"""The whole way on voc6, with a second stage that learns from labels.

Better maps teach better ones: an epoch of plain CAM, one taught by its
labels, one taught by the labels of that.
"""
_base_ = './pipeline.py'

name = 'voc6_taught_twice'
ppl = ['cls_teacher_voc6.py', 'cls_taught_once_voc6.py',
       'cls_taught_twice_voc6.py']
# The maps of a taught stage are probabilities and cut elsewhere.
confident_labels = ['confident_voc6.py', 'confident_taught_voc6.py']
