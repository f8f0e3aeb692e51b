"""Confident regions as PSA's AffinityNet learns from them (Ahn and Kwak, CVPR 2018).

A class where it beats a strong background (alpha 4), background where a weak one (alpha 32)
beats all classes, each after a CRF (infer_cls.py: low_alpha, high_alpha, crf_inference;
voc12/data.py). Where the two labels name different classes, PSA takes the first; here the
pixel is ignored.
"""

refiners = []
label = dict(
    type='ppl_mm.Agreement',
    chains=[
        [
            dict(type='ppl_mm.AlphaBackground', alpha=alpha),
            dict(type='ppl_mm.DenseCRF', preset='psa'),
        ]
        for alpha in (4, 32)
    ],
)
