"""The features of a network by which cells of an image are compared."""

from collections.abc import Sequence
from functools import partial
from itertools import accumulate
from operator import mul

import torch
import torch.nn.functional as F
from torch import Tensor

from .block_chain import Block, BlockChain


class CellFeatures:
    """Keeps the features of two blocks while a chain runs, so that it need not run twice."""

    def __init__(self, chain: BlockChain) -> None:
        self._levels: dict[int, Tensor] = {}
        self.blocks = reference_blocks(chain)
        #: How many channels are of each block.
        self.widths = [chain[position].channels for position in self.blocks]
        #: The chain to run, of which :attr:`blocks` are watched.
        self.chain = chain
        for position in self.blocks:
            self.chain = self.chain.watched(
                position, partial(self._keep, position, chain[position])
            )

    def _keep(self, position: int, block: Block, output: Tensor) -> None:
        """Keep the first output; a neck runs the patches after the whole image."""
        if position not in self._levels:
            self._levels[position] = block.features(output).float()

    def merged(self) -> Tensor:
        """Return features (B, C, h, w), float32, of the images that the chain has seen first.

        They have the finer stride.
        """
        return _merged([self._levels[position] for position in self.blocks])

    def averaged(self) -> Tensor:
        """Return them, each averaged over 3 x 3 cells."""
        levels = (self._levels[position] for position in self.blocks)
        return _merged([F.avg_pool2d(one, 3, 1, 1, count_include_pad=False) for one in levels])


def _merged(levels: Sequence[Tensor]) -> Tensor:
    """Return features of several strides at the first one."""
    size = levels[0].shape[-2:]
    same = [F.interpolate(level, size, mode='bilinear', align_corners=False) for level in levels]
    return torch.cat(same, dim=1)


def reference_blocks(chain: BlockChain) -> tuple[int, ...]:
    """Return the positions of the blocks whose features are compared.

    The last of half the final stride, if there is one, and the middle one of the final stride:
    fine enough for small objects, and not yet blind to all but the classes.
    """
    strides = list(accumulate((block.stride for block in chain), mul))
    coarse = [k for k, stride in enumerate(strides) if stride == strides[-1]]
    finer = [k for k, stride in enumerate(strides) if stride * 2 == strides[-1]]
    return (*finer[-1:], coarse[(len(coarse) - 1) // 2])
