"""Sure regions of cls_first_round_own.py's maps, for cls_self_trained_own.py.

IRN's way (../affinity/confident_irn.py) without its numbers, which were made for VOC: a class
above 1.5 times the export's threshold, background below half of it, each after a CRF. An image
stays as it was where the CRF leaves less than a fiftieth of one of its classes. Figures are in
docs/thresholds.md and docs/refinement.md.
"""

refiners = []
label = dict(
    type='ppl_mm.Agreement',
    chains=[
        [
            dict(type='ppl_mm.ConstantBackground', threshold=None, factor=factor),
            dict(type='ppl_mm.DenseCRF', preset='irn', kept=0.02),
        ]
        for factor in (1.5, 0.5)
    ],
)
# Larger photos are labelled at about this size: the maps have no more detail.
max_pixels = 500_000
# Nobody should learn from labels that flood the images, or that show nothing.
refuse_useless = True
