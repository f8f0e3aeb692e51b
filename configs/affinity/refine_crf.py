"""From CAMs to pseudo-labels without another training: PSA's CRF, VOC 2012.

The background score is IRN's for CAMs. A score chosen on masks is better, see
tools/analysis_tools/eval_refiners.py.
"""

refiners = [
    dict(type='ppl_mm.ConstantBackground', threshold=0.15),
    dict(type='ppl_mm.DenseCRF', preset='psa'),
]
