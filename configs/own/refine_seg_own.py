"""Labels of the maps of maps_seg_own.py: a background, then IRN's CRF.

The threshold is what voc6's masks chose for maps of this kind.
"""
refiners = [
    dict(type='ppl_mm.ConstantBackground', threshold=0.6),
    dict(type='ppl_mm.DenseCRF', preset='irn'),
]
# Larger photos are refined at about this size: the maps have no more detail.
max_pixels = 500_000
