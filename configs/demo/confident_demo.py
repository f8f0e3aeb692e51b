"""What is sure on the demo data, for affinity_demo.py.

IRN's thresholds and CRF, see ../affinity/confident_irn.py; the CRF's pixels
are those of images of 500.
"""
refiners = []
label = dict(
    type='ppl_mm.Agreement',
    chains=[[
        dict(type='ppl_mm.ConstantBackground', threshold=threshold),
        dict(type='ppl_mm.DenseCRF', preset='irn', scale=500 / 96),
    ] for threshold in (0.30, 0.05)])
