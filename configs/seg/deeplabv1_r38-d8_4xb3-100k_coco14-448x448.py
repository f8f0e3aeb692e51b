"""With all masks of MS COCO 2014: what full supervision reaches."""
_base_ = './deeplabv1_r38-d8_4xb3-100k_coco14ppl-448x448.py'

train_dataloader = dict(
    dataset=dict(
        _base_.coco14_full_masks,
        pipeline=_base_.train_pipeline,
        _delete_=True))
