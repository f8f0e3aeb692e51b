"""PSA's way from CAMs to pseudo-labels, VOC 2012 (infer_aff.py:59-62).

The background, (1 - max) ** 16, walks along with the classes; beta 8, 2^8
steps (alpha, beta, logt).
"""

refiners = [
    dict(type='ppl_mm.AlphaBackground', alpha=16),
    dict(
        type='ppl_mm.RandomWalk',
        affinity_net='configs/affinity/affinity_resnet38d_4xb2-8e_voc12aug-448x448.py',
        checkpoint='work_dirs/affinity_resnet38d_4xb2-8e_voc12aug-448x448',
        beta=8,
        steps_log2=8,
    ),
]
