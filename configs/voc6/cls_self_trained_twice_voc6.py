"""The second of two self-trained stages on voc6: an epoch.

It learns from the labels of cls_self_trained_once_voc6.py. The stages have
three epochs in all, the same as without this one.
"""

_base_ = './cls_self_trained_voc6.py'

train_cfg = dict(max_epochs=1, val_interval=1)
