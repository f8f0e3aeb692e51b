"""Confident regions as IRN learns from them (Ahn et al., CVPR 2019).

A class above 0.30, background below 0.05, each after a CRF on labels (run_sample.py:
conf_fg_thres, conf_bg_thres; step/cam_to_ir_label.py). Where the two labels name different
classes, IRN takes the first; here the pixel is ignored.
"""

refiners = []
label = dict(
    type='ppl_mm.Agreement',
    chains=[
        [
            dict(type='ppl_mm.ConstantBackground', threshold=threshold),
            dict(type='ppl_mm.DenseCRF', preset='irn'),
        ]
        for threshold in (0.30, 0.05)
    ],
)
