"""The first of two self-trained stages on voc6: an epoch.

It learns from the labels of cls_first_round_voc6.py, and its own maps become labels, too.
"""

_base_ = './cls_self_trained_voc6.py'

train_cfg = dict(max_epochs=1, val_interval=1)
tta_pipeline = _base_.tta_without_flip
