"""With all masks of MS COCO 2014: what full supervision reaches."""
_base_ = './deeplabv3plus_r50-d8_4xb4-80k_coco14ppl-512x512.py'

train_dataloader = dict(
    dataset=dict(
        _base_.coco14_full_masks,
        pipeline=_base_.train_pipeline,
        _delete_=True))
