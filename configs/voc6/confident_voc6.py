"""What is sure on voc6, for affinity_voc6.py.

IRN's way and CRF, see ../affinity/confident_irn.py, whose pixels are those of
images of 500. Its thresholds, 0.30 and 0.05, lie around 0.15, where its maps
are cut best; these lie around 0.37, where the maps of voc6 are.
"""
refiners = []
label = dict(
    type='ppl_mm.Agreement',
    chains=[[
        dict(type='ppl_mm.ConstantBackground', threshold=threshold),
        dict(type='ppl_mm.DenseCRF', preset='irn', scale=500 / 320),
    ] for threshold in (0.5, 0.25)])
