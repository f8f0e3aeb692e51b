"""Any backbone seen as an ordered chain of blocks b_1 .. b_N.

Patch learning cuts the feature map between two blocks, so it must run a
backbone from any block to any other. A *chain* lists the blocks of a backbone
without owning them: weights, modes and hooks stay those of the backbone. One
small adapter per family of backbones makes it; a user's own is added by::

    @register_block_chain('my_package.my_module.MyBackbone')
    def my_chain(backbone):
        return [Block('stem', (backbone.stem,), stride=4, channels=64), ...]

``python -m ppl_mm.models.block_chain CONFIG`` prints the chain of a config,
to choose the positions of the cuts from.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import UserError


@dataclass(frozen=True)
class Block:
    """One block of a backbone.

    Args:
        name: Its name within the backbone, for people.
        layers: What it applies, in order: modules of the backbone, each mapping (B, C, H, W) to
            (B, C', H', W').
        stride: H / H', of all layers together.
        channels: Channels of the features that its output holds.
        readout: What turns the output into these features, for others than the next block: norm
            and ReLU, where a sum of residuals is passed on. Defaults to none, the output itself.
        tiles: Whether each cell of the output stands for a square of ``stride`` cells of the input,
            the first at the top left, as in a patch embedding. A strided convolution with padding
            on all sides does not tile. Only read where ``stride`` is above 1. Defaults to False.
        own_form: Whether the backbone itself returns this output as something else than a map, as
            tokens, so that only the chain makes a map of it. Defaults to False.
    """

    name: str
    layers: tuple[Callable[[Tensor], Tensor], ...]
    stride: int
    channels: int
    readout: tuple[Callable[[Tensor], Tensor], ...] = ()
    tiles: bool = False
    own_form: bool = False

    def __call__(self, x: Tensor) -> Tensor:
        """Run the block: (B, C, H, W) to (B, C', H', W')."""
        for layer in self.layers:
            x = layer(x)
        return x

    def features(self, output: Tensor) -> Tensor:
        """Return the features (B, channels, H', W') of the block's output."""
        for layer in self.readout:
            output = layer(output)
        return output


class BlockChain(Sequence[Block]):
    """The blocks of a backbone in the order in which they run.

    Args:
        blocks: b_1 .. b_N.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = tuple(blocks)

    def __len__(self) -> int:
        return len(self._blocks)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return BlockChain(self._blocks[index])
        return self._blocks[index]

    def __call__(self, x: Tensor) -> Tensor:
        """Run all blocks: (B, C, H, W) to (B, C_N, H_N, W_N)."""
        for block in self._blocks:
            x = block(x)
        return x

    def run(self, x: Tensor, positions: Sequence[int]) -> tuple[Tensor, dict[int, Tensor]]:
        """Run all blocks on x (B, C, H, W), and keep the outputs of some, at positions 0 .. N-1.

        Returns:
            The last block's output, and f_i, the output of block i, by its index.
        """
        features = {}
        for index, block in enumerate(self._blocks):
            x = block(x)
            if index in positions:
                features[index] = x
        return x, features

    def watched(self, position: int, see: Callable[[Tensor], None]) -> 'BlockChain':
        """Return the same chain, which calls ``see`` with what the block at a position makes."""

        def layer(x: Tensor) -> Tensor:
            """Show what the block makes, unchanged."""
            see(x)
            return x

        blocks = list(self._blocks)
        blocks[position] = replace(blocks[position], layers=(*blocks[position].layers, layer))
        return BlockChain(blocks)

    @property
    def stride(self) -> int:
        """Stride of all blocks together."""
        return math.prod(block.stride for block in self._blocks)

    def extent(self, input_size: tuple[int, int], map_size: tuple[int, int]) -> tuple[float, float]:
        """Return how much of its input an output map covers, from the top left.

        The map of a chain that tiles its input covers ``stride`` pixels per cell: more than the
        input where sides are padded at right and bottom (transformers), less where a remainder is
        dropped (ConvNeXt, VGG). Any other chain is taken to cover its input, as in PSA and IRN.

        Args:
            input_size: (H, W) in pixels.
            map_size: (h, w) in cells.

        Returns:
            Height and width of the map in units of the input's, see :func:`ppl_mm.cams.lay_over`.
        """
        strided = [block for block in self._blocks if block.stride > 1]
        if not all(block.tiles for block in strided):
            return (1.0, 1.0)
        (height, width), (rows, columns) = input_size, map_size
        return (rows * self.stride / height, columns * self.stride / width)

    @property
    def channels(self) -> int:
        """Channels of the last block's output."""
        return self._blocks[-1].channels

    def resolve(self, position: int) -> int:
        """Return the index, 0 .. N-2, of the block after which a cut is made.

        Args:
            position: 0 .. N-2, or -N .. -2 counted from the end: at least one block must follow
                the cut.

        Raises:
            UserError: If no block, or no block before the last, is there.
        """
        count = len(self)
        if not -count <= position <= count - 2 or position == -1:
            raise UserError(
                f'position={position} is outside the chain of {count} blocks: use 0..{count - 2} '
                f'or {-count}..-2 (`python -m ppl_mm.models.block_chain CONFIG` lists them)'
            )
        return position % count


#: A backbone of any library, known by the attributes that its chain reads.
Backbone = Any

_ADAPTERS: dict[str, Callable[[Backbone], list[Block]]] = {}


def _full_name(cls: type) -> str:
    return f'{cls.__module__}.{cls.__qualname__}'


def register_block_chain(name: str) -> Callable:
    """Register the function that lists the blocks of a backbone.

    Args:
        name: Full dotted name of the backbone's class, where it is defined. A name, so that
            registering imports nothing.

    Returns:
        Decorator of a function from backbone to list of :class:`Block`, in running order and
        without the classifier.
    """

    def decorate(adapter: Callable[[Backbone], list[Block]]) -> Callable:
        """Note the function under the name, unchanged."""
        _ADAPTERS[name] = adapter
        return adapter

    return decorate


# torch.compile cannot follow how blocks are looked up, nor a chain; it takes
# what is before and behind.
@torch.compiler.disable
def block_chain(backbone: Backbone) -> BlockChain:
    """Return the chain of a backbone, to be made anew for each use.

    Never keep a chain: after a deepcopy (as EMA makes) or a conversion of its norm layers it would
    still run the old modules.

    Args:
        backbone: A backbone that a registered adapter knows, or a subclass that inherits
            ``forward`` from one.

    Returns:
        ``chain(x)`` equals ``backbone(x)[-1]``, or is its map, see :attr:`Block.own_form`.

    Raises:
        UserError: If no adapter fits, or it can't for these settings.
    """
    forward = type(backbone).forward
    for cls in type(backbone).__mro__:
        adapter = _ADAPTERS.get(_full_name(cls))
        # A subclass with another forward runs its blocks in another way.
        if adapter and forward is getattr(cls, 'forward', None):
            return BlockChain(adapter(backbone))
    raise UserError(
        f'backbone {_full_name(type(backbone))}: no block chain is known for '
        'it; add one with ppl_mm.models.register_block_chain (docs/'
        f'concepts.md), or use one of {", ".join(sorted(_ADAPTERS))}'
    )


def describe(chain: BlockChain) -> str:
    """Return a table of the chain, to choose positions from; strides are those so far."""
    lines = [f'{"position":>8}  {"block":<24}{"stride":>7}{"channels":>10}']
    for index, block in enumerate(chain):
        lines.append(
            f'{index:>8}  {block.name:<24}{chain[: index + 1].stride:>7}{block.channels:>10}'
        )
    lines.append(f'A cut can be made after blocks 0..{len(chain) - 2}.')
    return '\n'.join(lines)


def _main() -> None:
    import argparse

    from mmengine.config import Config
    from mmengine.registry import MODELS, init_default_scope

    from ..utils.config.scope import scope_of

    parser = argparse.ArgumentParser(
        description='Print the blocks of the backbone of a config: index, '
        'name, stride so far, channels.'
    )
    parser.add_argument('config', help='a classification or mmseg config')
    path = parser.parse_args().config
    if not Path(path).is_file():
        raise UserError(f'{path}: no such config')
    cfg = Config.fromfile(path)
    init_default_scope(scope_of(cfg))
    cfg.model.backbone.pop('init_cfg', None)
    print(describe(block_chain(MODELS.build(cfg.model.backbone))))


if __name__ == '__main__':
    # The imported module, not this copy: it has the users' own chains.
    from ppl_mm.models.block_chain import _main as main
    from ppl_mm.utils.cli import run

    run(main)
