"""DeepLab-v1, ResNet38d, with all masks of train_aug: what full supervision reaches."""

_base_ = './deeplabv1_r38.py'

train_dataloader = dict(
    dataset=dict(_base_.cam_full_masks, pipeline=_base_.train_pipeline, _delete_=True)
)
