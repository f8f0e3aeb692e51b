"""With all masks of MS COCO 2014: what full supervision reaches."""
_base_ = './deeplabv2_r101-d8_4xb3-100k_coco14ppl-321x321.py'

train_dataloader = dict(
    dataset=dict(
        _base_.coco14_full_masks,
        pipeline=_base_.train_pipeline,
        _delete_=True))
