"""The first round, for cls_self_trained_voc6.py: an epoch of plain CAM."""

_base_ = './cls_cam_voc6.py'

train_cfg = dict(max_epochs=1, val_interval=1)
tta_pipeline = _base_.tta_without_flip
