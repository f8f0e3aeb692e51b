"""Confident regions from which SEAM trains PSA's AffinityNet.

The same as confident_psa.py, but with the alphas 4 and 24 (README of SEAM, Random walk
step), which suit its larger maps.
"""

refiners = []
label = dict(
    type='ppl_mm.Agreement',
    chains=[
        [
            dict(type='ppl_mm.AlphaBackground', alpha=alpha),
            dict(type='ppl_mm.DenseCRF', preset='psa'),
        ]
        for alpha in (4, 24)
    ],
)
