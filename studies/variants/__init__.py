"""Variants of the method that did not earn a place in the product.

Their rows stay reproducible. A config loads them by
``custom_imports=dict(imports=['studies.variants'])``, run from the project's
folder; they are then ``ppl_mm.ReplicatePatchLearning`` and so on.
"""

from . import branch_heads, moving_grid, patch_border

__all__ = ['branch_heads', 'moving_grid', 'patch_border']
