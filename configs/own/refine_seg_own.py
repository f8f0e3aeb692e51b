"""Pseudo-labels of maps_seg_own.py's maps: a background, then IRN's CRF.

The background score is that of the export: chosen by masks (--threshold-split), given, or 0.6,
see maps_seg_own.py. A number wins.
"""

_base_ = './refine_self_trained_own.py'
