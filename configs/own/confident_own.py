"""Sure regions of cls_first_round_own.py's maps, for cls_self_trained_own.py.

IRN's thresholds and CRF, see ../affinity/confident_irn.py.
"""

_base_ = '../affinity/confident_irn.py'

# Larger photos are labelled at about this size: the maps have no more detail.
max_pixels = 500_000
