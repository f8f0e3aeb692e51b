"""Crops of SEAM's classifier (train_SEAM.py), as a list for a config to use.

Long side 448 to 768, crop 448 filled with the mean colour.
"""
_base_ = './psa_jitter.py'

seam_pipeline = [
    dict(type='ppl_mm.LoadImage'),
    # Bilinear, as mmpretrain's crops: OpenCV's bicubic, unlike Pillow's in
    # those papers, does not smooth what it shrinks, and takes longer.
    dict(type='ppl_mm.RandomResizeLong', min_size=448, max_size=768,
         interpolation='bilinear'),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    *_base_.psa_jitter,
    dict(type='ppl_mm.RandomFillCrop', crop_size=448),
    dict(type='PackInputs'),
]
# 8 images in all (train_SEAM.py), on 4 GPUs.
seam_batch_size = 2
