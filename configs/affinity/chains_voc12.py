"""PSA's walk with weaker and stronger backgrounds, to choose among on VOC.

    python tools/analysis_tools/eval_refiners.py work_dirs/export_cam \
        configs/affinity/chains_voc12.py --split train --limit 200

PSA walks with (16, 8), SEAM with (6, 6): maps that cover more of an object need less of
both. Give the best values to refine_psa.py:
``--cfg-options refiners.0.alpha=.. refiners.1.steps_log2=..``.
"""

chains = {
    f'alpha {alpha}, 2^{steps} steps': dict(
        refiners=[
            dict(type='ppl_mm.AlphaBackground', alpha=alpha),
            dict(
                type='ppl_mm.RandomWalk',
                affinity_net='configs/affinity/affinity_resnet38d_4xb2-8e_voc12aug-448x448.py',
                checkpoint='work_dirs/affinity_resnet38d_4xb2-8e_voc12aug-448x448',
                beta=8,
                steps_log2=steps,
            ),
        ]
    )
    for alpha in (2, 4, 6, 10, 16)
    for steps in (6, 8)
}
