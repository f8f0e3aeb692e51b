"""MS COCO 2014 with image-level labels, in SEAM's crops of 448."""
_base_ = ['./coco14_image_labels.py', '../pipelines/seam_448.py']

train_dataloader = dict(
    batch_size=_base_.seam_batch_size,
    dataset=dict(pipeline=_base_.seam_pipeline))
