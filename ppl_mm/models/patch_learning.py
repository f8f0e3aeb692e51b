"""The necks of Progressive Patch Learning (arXiv 2209.07828, Fig. 2 and 5).

Notation, here and in the papers' figures: a backbone is a chain of blocks b_1 .. b_N, f_i is the
output of b_i, and tail_i(x) = b_N(.. b_{i+1}(x)) are the blocks after position i. P_K cuts a map
into K x K patches, M merges them, and C concatenates channels.
"""

from collections.abc import Sequence

import torch
from mmengine.model import BaseModule
from torch import Tensor

from ..errors import UserError
from ..registry import MODELS
from .block_chain import BlockChain
from .patch_ops import Grid, Size, as_grid, merge_patches, split_patches


def patch_branch(features: Tensor, tail: BlockChain, grid: Grid, size: Size) -> Tensor:
    """Run each patch through the tail on its own: p = M(tail_i(P_K(f_i))).

    The patches are folded into the batch, so the tail runs once. No pixel of one patch sees
    another patch: at a patch's border, a convolution sees its own padding.

    Args:
        features: Feature map at the cut, f_i (B, C_i, H_i, W_i).
        tail: The blocks after the cut, b_{i+1} .. b_N.
        grid: K or (Kh, Kw).
        size: (H_N, W_N), the size of the global map.

    Returns:
        The map p (B, C_N, H_N, W_N).
    """
    patches = split_patches(features, grid, tail.stride)  # (B * Kh * Kw, C_i, h, w)
    return merge_patches(tail(patches), grid, size)


class ChainNeck(BaseModule):
    """A neck that runs the backbone itself, block by block.

    :class:`ppl_mm.CAMClassifier` calls it with the images and the chain of the backbone, and asks
    it for the channels that its head will get.
    """

    #: Indices of the blocks after which the feature map is cut.
    positions: tuple[int, ...]

    def out_channels(self, in_channels: int) -> int:
        """Return the channels of the output, for those of the backbone's."""
        return (len(self.positions) + 1) * in_channels

    def resolve(self, chain: BlockChain | None) -> tuple[BlockChain, list[int]]:
        """Return a chain, and the positions as indices 0 .. N-2 of it.

        Raises:
            UserError: If a position is outside, or there is no chain because the neck stands in a
                classifier that has none.
        """
        if chain is None:
            raise UserError(
                f'neck {type(self).__name__} needs the blocks of the backbone: use it in '
                "model=dict(type='ppl_mm.CAMClassifier', ..), not in an ImageClassifier"
            )
        return chain, [chain.resolve(position) for position in self.positions]

    def patches(self, features: Tensor, tail: BlockChain, grid: Grid, whole: Tensor) -> Tensor:
        """Return the patch branch p, see :func:`patch_branch`; variants override this.

        Args:
            features: Feature map at the cut, f_i (B, C_i, H_i, W_i).
            tail: The blocks after the cut, b_{i+1} .. b_N.
            grid: K or (Kh, Kw).
            whole: The global map g (B, C_N, H_N, W_N), whose shape p has.

        Raises:
            UserError: If some patches of a training crop would be empty.
        """
        if self.training:
            check_patches(features, tail, grid)
        return patch_branch(features, tail, grid, whole.shape[-2:])


def check_patches(features: Tensor, tail: BlockChain, grid: Grid) -> None:
    """Refuse a training crop of which some patches would be all padding.

    Raises:
        UserError: If the crop is that small.
    """
    for side, count in zip(features.shape[-2:], as_grid(grid), strict=True):
        step = count * tail.stride
        patch = (side + -side % step) // count
        if count > 1 and (count - 1) * patch >= side:
            raise UserError(
                f'the training crop is too small for grid={grid}: its feature map has {side} cells '
                f'at the cut, so patches of {patch} cells (a multiple of the tail '
                f'stride {tail.stride}) leave some empty; use a larger crop, a smaller grid or a '
                'later position'
            )


@MODELS.register_module()
class PatchLearning(ChainNeck):
    """Patch learning at one position of the backbone (PL, Fig. 2).

    The output is C(g, p): the global branch g = tail_i(f_i), and the patch branch p =
    M(tail_i(P_K(f_i))) through the same weights. Both are used in training and when the CAM is
    made.

    The position and the grid are the *stage* of a progressive training
    (:class:`ppl_mm.ProgressiveStageHook`). A buffer records them, so that a checkpoint remembers
    the stage that it was saved in.

    Args:
        position: Index of the block after which the feature map is cut, 0-based; negative counts
            from the end.
        grid: K for K x K patches, or (Kh, Kw).
        init_cfg: See ``BaseModule``.
    """

    def __init__(self, position: int, grid: Grid, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.register_buffer('stage', torch.zeros(3, dtype=torch.long))
        self.set_stage(position, grid)

    def set_stage(self, position: int, grid: Grid) -> None:
        """Move the cut; no weight changes."""
        # The numbers are kept beside the buffer, because to read a buffer
        # from a GPU would make every forward pass wait.
        self.positions, self.grid = (position,), as_grid(grid)
        self.stage.copy_(torch.tensor([position, *self.grid]))

    @torch.compiler.disable
    def forward(self, inputs: Tensor, chain: BlockChain | None = None) -> Tensor:
        """Return C(g, p), (B, 2 * C_N, H_N, W_N), of images (B, 3, H, W)."""
        chain, (i,) = self.resolve(chain)
        tail = chain[i + 1 :]
        f = chain[: i + 1](inputs)  # (B, C_i, H_i, W_i)
        g = tail(f)  # (B, C_N, H_N, W_N)
        p = self.patches(f, tail, self.grid, g)  # (B, C_N, H_N, W_N)
        return torch.cat([g, p], dim=1)

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args) -> None:
        super()._load_from_state_dict(state_dict, prefix, *args)
        position, *grid = self.stage.tolist()
        self.positions, self.grid = (position,), tuple(grid)

    def extra_repr(self) -> str:
        """Return the stage, for printing the model."""
        return f'position={self.positions[0]}, grid={self.grid}'


@MODELS.register_module()
class MultiGranularityFusion(ChainNeck):
    """Explicit fusion of patch branches from several positions (Fig. 5).

    The output is C(g, p_1, .., p_n) with p_s = M(tail_{i_s}(P_{K_s}(stop_gradient(f_{i_s})))). The
    gradient of a patch branch stops at its cut: it trains the blocks after the cut and nothing
    before. The global branch trains all blocks.

    Args:
        positions: Indices of the blocks after which the feature map is cut, see
            :class:`PatchLearning`.
        grids: One grid for each position.
        init_cfg: See ``BaseModule``.
    """

    def __init__(
        self, positions: Sequence[int], grids: Sequence[Grid], init_cfg: dict | None = None
    ) -> None:
        super().__init__(init_cfg)
        if not positions or len(positions) != len(grids):
            raise UserError(
                'MultiGranularityFusion needs one grid for each position, '
                f'got positions={positions} and grids={grids}'
            )
        self.positions = tuple(positions)
        self.grids = tuple(as_grid(grid) for grid in grids)

    @torch.compiler.disable
    def forward(self, inputs: Tensor, chain: BlockChain | None = None) -> Tensor:
        """Return C(g, p_1, .., p_n), (B, (n + 1) * C_N, H_N, W_N), of images (B, 3, H, W)."""
        chain, positions = self.resolve(chain)
        g, f = chain.run(inputs, positions)  # (B, C_N, H_N, W_N), {i: (B, C_i, H_i, W_i)}
        p = [
            self.patches(f[i].detach(), chain[i + 1 :], grid, g)
            for i, grid in zip(positions, self.grids, strict=True)
        ]
        return torch.cat([g, *p], dim=1)

    def extra_repr(self) -> str:
        """Return the cuts, for printing the model."""
        return f'positions={self.positions}, grids={self.grids}'
