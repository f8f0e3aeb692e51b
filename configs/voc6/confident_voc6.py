"""Confident regions of voc6's plain CAM, for cls_self_trained_voc6.py.

IRN's rule and CRF, see ../affinity/confident_irn.py. The CRF is scaled, since its preset is
for images of 500 px. IRN's thresholds, 0.30 and 0.05, lie around 0.15, where its maps are
cut best; these lie around 0.37, which is best for the maps of voc6.
"""

refiners = []
label = dict(
    type='ppl_mm.Agreement',
    chains=[
        [
            dict(type='ppl_mm.ConstantBackground', threshold=threshold),
            dict(type='ppl_mm.DenseCRF', preset='irn', scale=500 / 320),
        ]
        for threshold in (0.5, 0.25)
    ],
)
