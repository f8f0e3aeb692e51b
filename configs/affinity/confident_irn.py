"""What is sure, as IRN learns it (Ahn et al., CVPR 2019).

A class above 0.30, background below 0.05, each after a CRF on labels
(run_sample.py: conf_fg_thres, conf_bg_thres; step/cam_to_ir_label.py). Where
both name a class but not the same one, IRN takes the first, and this ignores
the pixel.
"""
refiners = []
label = dict(
    type='ppl_mm.Agreement',
    chains=[[
        dict(type='ppl_mm.ConstantBackground', threshold=threshold),
        dict(type='ppl_mm.DenseCRF', preset='irn'),
    ] for threshold in (0.30, 0.05)])
