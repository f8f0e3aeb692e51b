"""What is sure in the maps of cls_teacher_own.py, for cls_taught_own.py.

IRN's thresholds and CRF, see ../affinity/confident_irn.py.
"""
_base_ = '../affinity/confident_irn.py'

# Larger photos are labelled at about this size: the maps have no more detail.
max_pixels = 500_000
