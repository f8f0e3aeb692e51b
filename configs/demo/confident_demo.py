"""Confident regions of the demo data, for affinity_demo.py.

IRN's thresholds and CRF, see ../affinity/confident_irn.py. The CRF is scaled, since its
preset is for images of 500 px.
"""

refiners = []
label = dict(
    type='ppl_mm.Agreement',
    chains=[
        [
            dict(type='ppl_mm.ConstantBackground', threshold=threshold),
            dict(type='ppl_mm.DenseCRF', preset='irn', scale=500 / 96),
        ]
        for threshold in (0.30, 0.05)
    ],
)
