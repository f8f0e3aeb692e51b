"""A grid of patches that moves at random while the classifier trains."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ppl_mm.models.block_chain import BlockChain
from ppl_mm.models.patch_learning import PatchLearning
from ppl_mm.models.patch_ops import Grid, as_grid
from ppl_mm.models.self_training.mixed_patches import MixedPatchLearning
from ppl_mm.registry import MODELS


class _MovingGrid:
    """Moves the grid in each training step by a random number of cells.

    A place is then now at a patch's border and now inside. What leaves the
    map at one side comes in at the other.
    """

    def patches(self, features: Tensor, tail: BlockChain, grid: Grid, whole: Tensor) -> Tensor:
        """Return the patch branch, its grid somewhere; whole cells, none of them cut."""
        if not self.training or as_grid(grid) == (1, 1):
            return super().patches(features, tail, grid, whole)
        stride = tail.stride
        bottom, right = (-side % stride for side in features.shape[-2:])
        features = F.pad(features, (0, right, 0, bottom))
        height, width = (side // stride for side in features.shape[-2:])
        cells = [int(torch.randint(side, ())) for side in (height, width)]
        moved = features.roll([cell * stride for cell in cells], (2, 3))
        # As large as the padded map, so that the roll back meets itself.
        like = F.pad(whole, (0, width - whole.shape[-1], 0, height - whole.shape[-2]))
        patches = super().patches(moved, tail, grid, like)
        patches = patches.roll([-cell for cell in cells], (2, 3))
        return patches[..., : whole.shape[-2], : whole.shape[-1]]


@MODELS.register_module()
class MovingPatchLearning(_MovingGrid, PatchLearning):
    """Patch learning with a moving grid, see :class:`ppl_mm.PatchLearning`."""


@MODELS.register_module()
class MovingMixedPatchLearning(_MovingGrid, MixedPatchLearning):
    """Mixed patches with a moving grid, see :class:`ppl_mm.MixedPatchLearning`."""
