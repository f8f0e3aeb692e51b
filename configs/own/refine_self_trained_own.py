"""Pseudo-labels of maps that are probabilities: a background, then IRN's CRF.

An image stays as it was where the CRF leaves less than a fiftieth of one of its classes.

The maps are those of cls_self_trained_own.py, or of a segmentation network, maps_seg_own.py. The
background score is that of the export: chosen by masks (--threshold-split), given, or that of
these configs, 0.5 and 0.6. A number here wins.
"""

refiners = [
    dict(type='ppl_mm.ConstantBackground', threshold=None),
    dict(type='ppl_mm.DenseCRF', preset='irn', kept=0.02),
]
# Larger photos are refined at about this size: the maps have no more detail.
max_pixels = 500_000
