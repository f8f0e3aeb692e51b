"""Pseudo-labels of your own photos: a background, then PAMR.

PAMR needs no compiled package. With pydensecrf installed, a dict(type='ppl_mm.DenseCRF')
after it is better on most photographs. The background score is that of the export whose maps
are refined: chosen by masks (--threshold-split), given (--threshold), or its default. A number
here, or --cfg-options refiners.0.threshold=0.3, wins.
"""

refiners = [dict(type='ppl_mm.ConstantBackground', threshold=None), dict(type='ppl_mm.PAMR')]
# Larger photos are refined at about this size: the maps have no more detail.
max_pixels = 500_000
