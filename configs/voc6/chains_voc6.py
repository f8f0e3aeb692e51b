"""Each refiner alone and chained, on the maps of the voc6 pipeline.

    python tools/analysis_tools/eval_refiners.py work_dirs/voc6/export_ppl_st \
        configs/voc6/chains_voc6.py --split train_official
"""

pamr = dict(type='ppl_mm.PAMR')
crf = dict(type='ppl_mm.DenseCRF', preset='irn', scale=500 / 320)
# Around where the maps are cut best before they walk, and after.
background = dict(type='ppl_mm.ConstantBackground', threshold=0.55)
walk = [
    dict(
        type='ppl_mm.RandomWalk',
        affinity_net='configs/voc6/affinity_voc6.py',
        checkpoint='work_dirs/voc6/train_affinity',
        beta=8,
        steps_log2=6,
    ),
    dict(type='ppl_mm.Renormalize'),
    dict(type='ppl_mm.ConstantBackground', threshold=0.4),
]
chains = {
    'PAMR': dict(refiners=[background, pamr]),
    'CRF': dict(refiners=[background, crf]),
    'PAMR, CRF': dict(refiners=[background, pamr, crf]),
    'walk': dict(refiners=walk),
    'walk, PAMR': dict(refiners=[*walk, pamr]),
    'walk, CRF': dict(refiners=[*walk, crf]),
}
