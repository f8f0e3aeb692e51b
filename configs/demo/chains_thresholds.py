"""The chain of refine_demo.py at backgrounds that also suit a plain CAM."""

chains = {
    f'{threshold}, PAMR, CRF': dict(
        refiners=[
            dict(type='ppl_mm.ConstantBackground', threshold=threshold),
            dict(type='ppl_mm.PAMR'),
            dict(type='ppl_mm.DenseCRF', preset='psa', scale=5.0),
        ]
    )
    for threshold in (0.08, 0.12, 0.16, 0.20, 0.25, 0.30)
}
