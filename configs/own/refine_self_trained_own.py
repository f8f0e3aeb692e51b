"""Pseudo-labels of cls_self_trained_own.py: a background, then IRN's CRF.

The background score is that of the export: chosen by masks (--threshold-split), given, or 0.5,
see cls_self_trained_own.py. A number here wins.
"""

refiners = [
    dict(type='ppl_mm.ConstantBackground', threshold=None),
    dict(type='ppl_mm.DenseCRF', preset='irn'),
]
# Larger photos are refined at about this size: the maps have no more detail.
max_pixels = 500_000
