"""IRN's way from CAMs to pseudo-labels, VOC 2012 (run_sample.py).

The classes walk alone, then get a constant background; beta 10, 2^8 steps,
0.25 (beta, exp_times, sem_seg_bg_thres).
"""

refiners = [
    dict(
        type='ppl_mm.RandomWalk',
        affinity_net='configs/affinity/affinity_resnet50_4xb8-3e_voc12aug-512x512.py',
        checkpoint='work_dirs/affinity_resnet50_4xb8-3e_voc12aug-512x512',
        beta=10,
        steps_log2=8,
    ),
    dict(type='ppl_mm.Renormalize'),
    dict(type='ppl_mm.ConstantBackground', threshold=0.25),
]
