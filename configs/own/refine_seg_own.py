"""Pseudo-labels of maps_seg_own.py's maps: a background, then IRN's CRF.

The threshold was chosen on voc6's masks for maps of this kind.
"""

refiners = [
    dict(type='ppl_mm.ConstantBackground', threshold=0.6),
    dict(type='ppl_mm.DenseCRF', preset='irn'),
]
# Larger photos are refined at about this size: the maps have no more detail.
max_pixels = 500_000
