"""Pseudo-labels of the demo data: PAMR, then a CRF, on a weak background.

The background score was chosen on the masks of train (random seed 0 of the data). It is a
little below the best for the labels, because a network that learns from them loses some of
what they cover::

    python tools/analysis_tools/eval_refiners.py \
        work_dirs/demo/export_ppl configs/demo/chains_demo.py --split train
"""

refiners = [
    dict(type='ppl_mm.ConstantBackground', threshold=0.08),
    dict(type='ppl_mm.PAMR'),
    # The images are a fifth as large as VOC's.
    dict(type='ppl_mm.DenseCRF', preset='psa', scale=5.0),
]
