"""What is sure on the demo data in the maps of nine epochs.

Where the chain of refine_demo.py agrees at two backgrounds, one below and one
above 0.2, where it makes the best labels of a plain CAM
(studies/ppl/results/refiners/demo_plain.json).
"""
refiners = []
label = dict(
    type='ppl_mm.Agreement',
    chains=[[
        dict(type='ppl_mm.ConstantBackground', threshold=threshold),
        dict(type='ppl_mm.PAMR'),
        dict(type='ppl_mm.DenseCRF', preset='psa', scale=5.),
    ] for threshold in (0.30, 0.15)])
