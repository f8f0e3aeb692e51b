"""Patch learning among the patches of other images (ours, not the paper's)."""

import torch
from torch import Tensor

from ...registry import MODELS
from ..block_chain import BlockChain
from ..patch_learning import PatchLearning, check_patches
from ..patch_ops import Grid, Size, as_grid, merge_patches, pad_to_grid, split_patches


def mixed_branch(features: Tensor, tail: BlockChain, grid: Grid, size: Size) -> Tensor:
    """Exchange the patches of all images, run them through the tail, and return them.

    A patch then has unrelated neighbours: what they show must not be found in it, and no layer
    meets a border of zeros. PMG (Du et al., ECCV 2020) shuffles the patches of an image, CutMix
    (Yun et al., ICCV 2019) mixes two images; this is both, at a feature map.

    Args:
        features: Feature map at the cut, f_i (B, C_i, H_i, W_i).
        tail: The blocks after the cut, b_{i+1} .. b_N.
        grid: K or (Kh, Kw).
        size: (H_N, W_N), the size of the global map.

    Returns:
        The map (B, C_N, H_N, W_N), each patch at its own place again.
    """
    features = pad_to_grid(features, grid, tail.stride)
    patches = split_patches(features, grid)  # (B * Kh * Kw, C_i, h, w)
    places = torch.randperm(len(patches)).to(patches.device)
    mosaic = merge_patches(patches[places], grid, features.shape[-2:])  # (B, C_i, H_i, W_i)
    patches = split_patches(tail(mosaic), grid)
    return merge_patches(patches[places.argsort()], grid, size)


@MODELS.register_module()
class MixedPatchLearning(PatchLearning):
    """Patch learning whose patches lie among those of the whole batch.

    In training the patches of all images exchange places before they run through the tail, see
    :func:`mixed_branch`. Outside of training they stay where they are, so the patch branch p
    equals the global branch g. Part of self-trained PPL.

    Args:
        position: See :class:`PatchLearning`.
        grid: See :class:`PatchLearning`.
        init_cfg: See ``BaseModule``.
    """

    def patches(self, features: Tensor, tail: BlockChain, grid: Grid, whole: Tensor) -> Tensor:
        """Return the branch of mixed patches, of the shape of ``whole``."""
        if not self.training or as_grid(grid) == (1, 1):
            return whole  # no patch changes places
        check_patches(features, tail, grid)
        return mixed_branch(features, tail, grid, whole.shape[-2:])
