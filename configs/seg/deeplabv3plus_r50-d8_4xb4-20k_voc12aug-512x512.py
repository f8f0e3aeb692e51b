"""With all masks of train_aug: what full supervision reaches."""
_base_ = './deeplabv3plus_r50-d8_4xb4-20k_voc12ppl-512x512.py'

train_dataloader = dict(
    dataset=dict(
        _base_.cam_full_masks, pipeline=_base_.train_pipeline, _delete_=True))
