"""Pseudo-labels of your own photos: PAMR, then a background, then IRN's CRF.

The CRF takes part if pydensecrf is installed, and where it leaves each class of an image at least
a third of its pixels: others it has erased. Where masks are given, they choose between these
steps, one of them, and the maps alone (--chain-from, docs/own_masks.md). The background score is
that of the export whose maps are refined: chosen by masks (--threshold-split), given
(--threshold), or its default. A number here, or --cfg-options refiners.1.threshold=0.3, wins.

No object of the maps vanishes, however small: one of which less than a fiftieth is left is put
back as it was.

PAMR averages each map on its own, so the background may come later. It must: classes with
thresholds of their own are then brought to one scale, in which averaging shrinks large objects.
"""

background = dict(type='ppl_mm.ConstantBackground', threshold=None)
pamr = dict(type='ppl_mm.PAMR')
crf = dict(type='ppl_mm.DenseCRF', preset='irn', kept=1 / 3)
# mmengine takes configs that import for another kind.
has_crf = __import__('importlib.util').util.find_spec('pydensecrf') is not None
refiners = [pamr, background, crf] if has_crf else [pamr, background]
# Larger photos are refined at about this size: the maps have no more detail.
max_pixels = 500_000
least_left = 0.02
chains = dict(
    pamr=dict(refiners=[pamr, background], max_pixels=max_pixels, least_left=least_left),
    crf=dict(
        refiners=[background, dict(crf, kept=0.0)], max_pixels=max_pixels, least_left=least_left
    ),
)
