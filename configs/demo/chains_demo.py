"""The chains that refine_demo.py was chosen from, for eval_refiners.py."""

pamr = dict(type='ppl_mm.PAMR')
crf = dict(type='ppl_mm.DenseCRF', preset='psa', scale=5.0)
chains = {}
for threshold in (0.06, 0.08, 0.1, 0.12, 0.15):
    background = dict(type='ppl_mm.ConstantBackground', threshold=threshold)
    chains |= {
        f'{threshold}, PAMR': dict(refiners=[background, pamr]),
        f'{threshold}, CRF': dict(refiners=[background, crf]),
        f'{threshold}, PAMR, CRF': dict(refiners=[background, pamr, crf]),
    }
