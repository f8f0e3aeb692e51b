"""Sure regions of maps, as configs/own/confident_own.py, with PAMR in the place of the CRF.

PAMR is part of the project and runs on a GPU.
"""

refiners = []
label = dict(
    type='ppl_mm.Agreement',
    chains=[
        [
            dict(type='ppl_mm.PAMR'),
            dict(type='ppl_mm.ConstantBackground', threshold=None, factor=factor),
        ]
        for factor in (1.5, 0.5)
    ],
)
