"""The first round, for cls_self_trained_own.py: a plain CAM, a third as long."""

_base_ = './cls_cam_own.py'

train_cfg = dict(max_epochs=_base_.stage_epochs, val_interval=_base_.stage_epochs)
