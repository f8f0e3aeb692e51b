"""Pseudo-labels of your own photos: a background, then PAMR.

PAMR needs no compiled package. With pydensecrf installed, a dict(type='ppl_mm.DenseCRF')
after it is better on most photographs. The background score is IRN's (run_sample.py). With
masks choose a better one, see docs/own_data.md.
"""

refiners = [dict(type='ppl_mm.ConstantBackground', threshold=0.15), dict(type='ppl_mm.PAMR')]
# Larger photos are refined at about this size: the maps have no more detail.
max_pixels = 500_000
