"""Confident regions of the demo data in the maps of nine epochs.

The chain of refine_demo.py has to agree at two backgrounds, one below and one above 0.2. At
0.2 it makes the best labels from a plain CAM (studies/ppl/results/refiners/demo_plain.json).
"""

refiners = []
label = dict(
    type='ppl_mm.Agreement',
    chains=[
        [
            dict(type='ppl_mm.ConstantBackground', threshold=threshold),
            dict(type='ppl_mm.PAMR'),
            dict(type='ppl_mm.DenseCRF', preset='psa', scale=5.0),
        ]
        for threshold in (0.30, 0.15)
    ],
)
