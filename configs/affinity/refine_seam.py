"""SEAM's way from CAMs to pseudo-labels, VOC 2012.

PSA's walk with a background of (1 - max) ** 6 and 2^6 steps (infer_aff.py of
SEAM: alpha 6, beta 8, logt 6): maps that cover more need less of it.
"""

_base_ = './refine_psa.py'

refiners = [dict(_base_.refiners[0], alpha=6), dict(_base_.refiners[1], steps_log2=6)]
