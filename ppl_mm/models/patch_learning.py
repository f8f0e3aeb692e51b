"""The necks of Progressive Patch Learning (arXiv 2209.07828, Fig. 2 and 5)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor

from ..errors import UserError
from ..registry import MODELS
from .block_chain import BlockChain
from .patch_ops import Grid, as_grid, merge_patches, pad_to_grid, split_patches
from .self_training.patch_border import BORDERS, padded_by


def patch_branch(
    features: Tensor, tail: BlockChain, grid: Grid, size: tuple[int, int], border: str = 'zeros'
) -> Tensor:
    """Each patch through the tail on its own: p = M(tail(P_K(f))).

    The patches are folded into the batch, so the tail runs once. No pixel of
    a patch sees another patch: a convolution at a patch's border sees that
    layer's own padding.

    Args:
        features (Tensor): Feature map at the cut, f_i (B, C_i, H_i, W_i).
        tail (BlockChain): The blocks after the cut, b_{i+1} .. b_N.
        grid (int | tuple[int, int]): K or (Kh, Kw).
        size (tuple[int, int]): (H_N, W_N), the size of the global map.
        border (str): What convolutions see beyond a patch, see
            :func:`padded_by`. A grid of 1 is no patch and keeps its zeros.

    Returns:
        Tensor: (B, C_N, H_N, W_N).
    """
    features = pad_to_grid(features, grid, tail.stride)
    patches = split_patches(features, grid)
    cut = as_grid(grid) != (1, 1)
    with padded_by(tail, border if cut else 'zeros'):
        patches = tail(patches)
    return merge_patches(patches, grid, size)


def mixed_branch(features: Tensor, tail: BlockChain, grid: Grid, size: tuple[int, int]) -> Tensor:
    """Patches of all images change places, run through the tail, and return.

    A patch then has strangers for neighbours: what they show must not be
    found in it, and no layer meets a border of zeros. PMG (Du et al., ECCV
    2020) shuffles the patches of an image, CutMix (Yun et al., ICCV 2019)
    mixes two images; this is both, at a feature map.

    Args:
        features (Tensor): Feature map at the cut, f_i (B, C_i, H_i, W_i).
        tail (BlockChain): The blocks after the cut, b_{i+1} .. b_N.
        grid (int | tuple[int, int]): K or (Kh, Kw).
        size (tuple[int, int]): (H_N, W_N), the size of the global map.

    Returns:
        Tensor: (B, C_N, H_N, W_N), each patch at its own place again.
    """
    features = pad_to_grid(features, grid, tail.stride)
    patches = split_patches(features, grid)
    places = torch.randperm(len(patches)).to(patches.device)
    mosaic = merge_patches(patches[places], grid, features.shape[-2:])
    patches = split_patches(tail(mosaic), grid)
    return merge_patches(patches[places.argsort()], grid, size)


def _check_patches(features: Tensor, tail: BlockChain, grid: Grid) -> None:
    """Refuse a training crop of which some patches would be all padding."""
    for side, count in zip(features.shape[-2:], as_grid(grid), strict=True):
        step = count * tail.stride
        patch = (side + -side % step) // count
        if count > 1 and (count - 1) * patch >= side:
            raise UserError(
                f'the training crop is too small for grid={grid}: its feature '
                f'map has {side} cells at the cut, so patches of {patch} '
                f'cells (a multiple of the tail stride {tail.stride}) leave '
                'some empty; use a larger crop, a smaller grid or a later '
                'position'
            )


class ChainNeck(BaseModule):
    """A neck that runs the backbone itself, block by block.

    :class:`ppl_mm.CAMClassifier` calls it with the images and the chain of
    the backbone, and asks it for the channels that its head will get.
    """

    #: Indices of the blocks after which the feature map is cut.
    positions: tuple[int, ...]

    #: What may lie beyond a patch.
    borders = BORDERS

    def __init__(self, border: str, init_cfg: dict | None) -> None:
        super().__init__(init_cfg)
        if border not in self.borders:
            raise UserError(
                f'neck {type(self).__name__}: border={border!r}: '
                f'use one of {", ".join(self.borders)}'
            )
        self.border = border

    def out_channels(self, in_channels: int) -> int:
        """Channels of the output, for ``in_channels`` of the backbone's."""
        return (len(self.positions) + 1) * in_channels

    def resolve(self, chain: BlockChain | None) -> list[int]:
        """The positions as indices 0 .. N-2 of a chain.

        Args:
            chain (BlockChain | None): The blocks of the backbone.

        Returns:
            list[int]: In the order of :attr:`positions`.

        Raises:
            UserError: If a position is outside, or there is no chain because
                the neck stands in a classifier that has none.
        """
        if chain is None:
            raise UserError(
                f'neck {type(self).__name__} needs the blocks of the '
                "backbone: use it in model=dict(type='ppl_mm.CAMClassifier', "
                '..), not in an ImageClassifier'
            )
        return [chain.resolve(position) for position in self.positions]


@MODELS.register_module()
class PatchLearning(ChainNeck):
    """Patch learning at one position of the backbone (PL).

    ``g = tail(f_i)``, ``p = M(tail(P_K(f_i)))``, output ``C(g, p)``: a global
    branch, and a patch branch through the same weights. Both are used in
    training and when the CAM is made.

    The position and the grid are the *stage* of a progressive training
    (:class:`ppl_mm.ProgressiveStageHook`). A buffer records them, so that a
    checkpoint remembers the stage that it was saved in.

    Args:
        position (int): Index of the block after which the feature map is
            cut, 0-based; negative counts from the end.
        grid (int | tuple[int, int]): K for K x K patches, or (Kh, Kw).
        border (str): What convolutions see beyond a patch: 'zeros', their
            own padding, as in the paper; 'replicate', the patch's border,
            which a frozen BatchNorm finds less strange; or 'mixed', patches
            of the whole batch at random, see :func:`mixed_branch`: outside
            of training they stay where they are, so p equals g. Defaults to
            'zeros'.
        moving (bool): In training, move the grid by a random number of cells
            in each iteration, so that a place is now at a patch's border and
            now inside; what leaves the map at one side comes in at the
            other. Defaults to False, as in the paper.
        init_cfg (dict, optional): As of every ``BaseModule``.
    """

    borders = (*BORDERS, 'mixed')

    def __init__(
        self,
        position: int,
        grid: Grid,
        border: str = 'zeros',
        moving: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(border, init_cfg)
        self.moving = moving
        self.register_buffer('stage', torch.zeros(3, dtype=torch.long))
        self.set_stage(position, grid)

    def set_stage(self, position: int, grid: Grid) -> None:
        """Move the cut; no weight changes.

        Args:
            position (int): As of the constructor.
            grid (int | tuple[int, int]): As of the constructor.
        """
        # The numbers are kept beside the buffer, because to read a buffer
        # from a GPU would make every forward pass wait.
        self.positions, self.grid = (position,), as_grid(grid)
        self.stage.copy_(torch.tensor([position, *self.grid]))

    @torch.compiler.disable
    def forward(self, inputs: Tensor, chain: BlockChain | None = None) -> Tensor:
        """Run the backbone with both branches.

        Args:
            inputs (Tensor): Images (B, 3, H, W).
            chain (BlockChain): The blocks of the backbone.

        Returns:
            Tensor: (B, 2 * C_N, H_N, W_N), the global half first.
        """
        (position,) = self.resolve(chain)
        tail = chain[position + 1 :]
        features = chain[: position + 1](inputs)
        if self.training:
            _check_patches(features, tail, self.grid)
        whole = tail(features)
        return torch.cat([whole, self._patches(features, tail, whole)], dim=1)

    def _patches(self, features: Tensor, tail: BlockChain, whole: Tensor) -> Tensor:
        """The patch branch, of the size of the global one."""
        size = whole.shape[-2:]
        if self.border == 'mixed' and (not self.training or self.grid == (1, 1)):
            return whole  # nobody changes places
        if not (self.training and self.moving):
            return self._cut(features, tail, size)
        return self._moved(features, tail)[..., : size[0], : size[1]]

    def _moved(self, features: Tensor, tail: BlockChain) -> Tensor:
        """The patch branch, its grid somewhere; whole cells, cut by none."""
        stride = tail.stride
        bottom, right = (-side % stride for side in features.shape[-2:])
        features = F.pad(features, (0, right, 0, bottom))
        size = [side // stride for side in features.shape[-2:]]
        cells = [int(torch.randint(side, ())) for side in size]
        moved = features.roll([cell * stride for cell in cells], (2, 3))
        return self._cut(moved, tail, size).roll([-cell for cell in cells], (2, 3))

    def _cut(self, features: Tensor, tail: BlockChain, size: tuple[int, int]) -> Tensor:
        """The patch branch, its grid where the map begins."""
        if self.border == 'mixed':
            return mixed_branch(features, tail, self.grid, size)
        return patch_branch(features, tail, self.grid, size, self.border)

    def _load_from_state_dict(self, state_dict, prefix, *args) -> None:
        super()._load_from_state_dict(state_dict, prefix, *args)
        position, *grid = self.stage.tolist()
        self.positions, self.grid = (position,), tuple(grid)

    def extra_repr(self) -> str:
        """The stage, for printing the model."""
        return f'position={self.positions[0]}, grid={self.grid}'


@MODELS.register_module()
class MultiGranularityFusion(ChainNeck):
    """Explicit fusion of patch branches from several positions (Fig. 5).

    ``p_s = M(tail_s(P_{K_s}(stop_gradient(f_{i_s}))))``, output
    ``C(g, p_1, .., p_n)``. The gradient of a patch branch stops at its cut:
    it trains the blocks after the cut and nothing before. The global branch
    trains all blocks.

    Args:
        positions (Sequence[int]): Indices of the blocks after which the
            feature map is cut, as of :class:`PatchLearning`.
        grids (Sequence[int | tuple[int, int]]): One grid for each position.
        border (str): As of :class:`PatchLearning`. Defaults to 'zeros'.
        init_cfg (dict, optional): As of every ``BaseModule``.
    """

    def __init__(
        self,
        positions: Sequence[int],
        grids: Sequence[Grid],
        border: str = 'zeros',
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(border, init_cfg)
        if not positions or len(positions) != len(grids):
            raise UserError(
                'MultiGranularityFusion needs one grid for each position, '
                f'got positions={positions} and grids={grids}'
            )
        self.positions = tuple(positions)
        self.grids = tuple(as_grid(grid) for grid in grids)

    @torch.compiler.disable
    def forward(self, inputs: Tensor, chain: BlockChain | None = None) -> Tensor:
        """Run the backbone with all branches.

        Args:
            inputs (Tensor): Images (B, 3, H, W).
            chain (BlockChain): The blocks of the backbone.

        Returns:
            Tensor: (B, (n + 1) * C_N, H_N, W_N), the global part first.
        """
        positions = self.resolve(chain)
        whole, features = chain.run(inputs, positions)
        maps = [whole]
        for position, grid in zip(positions, self.grids, strict=True):
            cut, tail = features[position].detach(), chain[position + 1 :]
            if self.training:
                _check_patches(cut, tail, grid)
            maps.append(patch_branch(cut, tail, grid, whole.shape[-2:], self.border))
        return torch.cat(maps, dim=1)

    def extra_repr(self) -> str:
        """The cuts, for printing the model."""
        return f'positions={self.positions}, grids={self.grids}'
