"""Pseudo-labels of your own photos: a background, then PAMR.

PAMR needs no compiled package. Where masks are given, they choose between it, the maps alone and
a CRF, which is better on most photographs (--chain-from, docs/own_masks.md). The background score
is that of the export whose maps are refined: chosen by masks (--threshold-split), given
(--threshold), or its default. A number here, or --cfg-options refiners.0.threshold=0.3, wins.
"""

refiners = [dict(type='ppl_mm.ConstantBackground', threshold=None), dict(type='ppl_mm.PAMR')]
# Larger photos are refined at about this size: the maps have no more detail.
max_pixels = 500_000
chains = {
    name: dict(
        refiners=[dict(type='ppl_mm.ConstantBackground', threshold=None), *steps],
        max_pixels=max_pixels,
    )
    for name, steps in dict(
        crf=[dict(type='ppl_mm.DenseCRF', preset='irn')],
        pamr_crf=[dict(type='ppl_mm.PAMR'), dict(type='ppl_mm.DenseCRF', preset='irn')],
    ).items()
}
