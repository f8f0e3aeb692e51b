"""With all masks of train_aug: what full supervision reaches."""
_base_ = './deeplabv2_r101-d8_4xb3-20k_voc12ppl-321x321.py'

train_dataloader = dict(
    dataset=dict(
        _base_.cam_full_masks, pipeline=_base_.train_pipeline, _delete_=True))
