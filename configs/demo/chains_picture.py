"""The picture of docs/refinement.md: each refiner, on the demo data."""

background = dict(type='ppl_mm.ConstantBackground', threshold=0.08)
pamr = dict(type='ppl_mm.PAMR')
crf = dict(type='ppl_mm.DenseCRF', preset='psa', scale=5.0)
walk = dict(
    type='ppl_mm.RandomWalk',
    affinity_net='configs/demo/affinity_demo.py',
    checkpoint='work_dirs/affinity_demo',
    steps_log2=6,
)
chains = {
    'background 0.08': dict(refiners=[background]),
    'PAMR': dict(refiners=[background, pamr]),
    'CRF': dict(refiners=[background, crf]),
    'PAMR, CRF': dict(refiners=[background, pamr, crf]),
    'walk': dict(refiners=[walk, dict(type='ppl_mm.Renormalize'), background]),
    'walk, CRF': dict(refiners=[walk, dict(type='ppl_mm.Renormalize'), background, crf]),
}
