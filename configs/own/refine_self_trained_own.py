"""Pseudo-labels of cls_self_trained_own.py: a background, then IRN's CRF.

The maps are probabilities, so where a class is as likely as the background
its score is 0.5.
"""

refiners = [
    dict(type='ppl_mm.ConstantBackground', threshold=0.5),
    dict(type='ppl_mm.DenseCRF', preset='irn'),
]
# Larger photos are refined at about this size: the maps have no more detail.
max_pixels = 500_000
