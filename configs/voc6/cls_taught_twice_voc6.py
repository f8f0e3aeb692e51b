"""The last of two taught stages, on voc6: an epoch on the first one's labels.

Three epochs in all, as cls_teacher_voc6.py and cls_taught_voc6.py have.
"""
_base_ = './cls_taught_voc6.py'

train_cfg = dict(max_epochs=1, val_interval=1)
