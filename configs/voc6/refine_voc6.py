"""Pseudo-labels of voc6: a random walk, a background, then a CRF.

Chosen on the masks of 60 images of train_official, among the chains of chains_voc6.py and
other strengths of their parts.
"""

refiners = [
    dict(
        type='ppl_mm.RandomWalk',
        affinity_net='configs/voc6/affinity_voc6.py',
        checkpoint='work_dirs/voc6/train_affinity',
        beta=8,
        steps_log2=6,
    ),
    dict(type='ppl_mm.Renormalize'),
    dict(type='ppl_mm.ConstantBackground', threshold=0.4),
    # The long side is 320; the preset is for images of 500.
    dict(type='ppl_mm.DenseCRF', preset='irn', scale=500 / 320),
]
