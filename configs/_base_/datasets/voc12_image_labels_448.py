"""PASCAL VOC 2012 with image-level labels, in SEAM's crops of 448."""
_base_ = ['./voc12_image_labels.py', '../pipelines/seam_448.py']

train_dataloader = dict(
    batch_size=_base_.seam_batch_size,
    dataset=dict(pipeline=_base_.seam_pipeline))
