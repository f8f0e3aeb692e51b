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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from ..errors import UserError


@dataclass(frozen=True)
class Block:
    """One block of a backbone.

    Args:
        name (str): Its name within the backbone, for people.
        layers (tuple[Callable]): What it applies, in order: modules of the
            backbone, each mapping (B, C, H, W) to (B, C', H', W').
        stride (int): H / H', of all layers together.
        channels (int): Of the features that its output holds.
        readout (tuple[Callable]): What turns the output into these features,
            for others than the next block: norm and ReLU, where a sum of
            residuals is passed on. Defaults to none, the output itself.
    """
    name: str
    layers: tuple[Callable[[Tensor], Tensor], ...]
    stride: int
    channels: int
    readout: tuple[Callable[[Tensor], Tensor], ...] = ()

    def __call__(self, x: Tensor) -> Tensor:
        """Run the block: (B, C, H, W) to (B, C', H', W')."""
        for layer in self.layers:
            x = layer(x)
        return x

    def features(self, output: Tensor) -> Tensor:
        """From the block's output to its features (B, channels, H', W')."""
        for layer in self.readout:
            output = layer(output)
        return output


class BlockChain(Sequence[Block]):
    """The blocks of a backbone in the order in which they run.

    Args:
        blocks (Sequence[Block]): b_1 .. b_N.
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

    def run(self, x: Tensor,
            positions: Sequence[int]) -> tuple[Tensor, dict[int, Tensor]]:
        """Run all blocks and keep the outputs of some.

        Args:
            x (Tensor): Input of the first block (B, C, H, W).
            positions (Sequence[int]): Indices 0 .. N-1 of blocks.

        Returns:
            tuple[Tensor, dict[int, Tensor]]: The last block's output, and
            f_i, the output of block i, by its index.
        """
        features = {}
        for index, block in enumerate(self._blocks):
            x = block(x)
            if index in positions:
                features[index] = x
        return x, features

    @property
    def stride(self) -> int:
        """int: Stride of all blocks together."""
        stride = 1
        for block in self._blocks:
            stride *= block.stride
        return stride

    @property
    def channels(self) -> int:
        """int: Channels of the last block's output."""
        return self._blocks[-1].channels

    def resolve(self, position: int) -> int:
        """Index of the block after which a cut is made.

        Args:
            position (int): 0 .. N-2, or -N .. -2 counted from the end: at
                least one block must follow the cut.

        Returns:
            int: The same block, in 0 .. N-2.

        Raises:
            UserError: If no block, or no block before the last, is there.
        """
        count = len(self)
        if not -count <= position <= count - 2 or position == -1:
            raise UserError(
                f'position={position} is outside the chain of {count} blocks: '
                f'use 0..{count - 2} or {-count}..-2 (`python -m '
                'ppl_mm.models.block_chain CONFIG` lists them)')
        return position % count


_ADAPTERS: dict[str, Callable[[nn.Module], list[Block]]] = {}


def _full_name(cls: type) -> str:
    return f'{cls.__module__}.{cls.__qualname__}'


def register_block_chain(name: str) -> Callable:
    """Register the function that lists the blocks of a backbone.

    Args:
        name (str): Full dotted name of the backbone's class, where it is
            defined. A name, so that registering imports nothing.

    Returns:
        Callable: Decorator of a function from backbone to list of
        :class:`Block`, in running order and without the classifier.
    """

    def decorate(adapter: Callable[[nn.Module], list[Block]]) -> Callable:
        _ADAPTERS[name] = adapter
        return adapter

    return decorate


def block_chain(backbone: nn.Module) -> BlockChain:
    """The chain of a backbone, to be made anew for each use.

    Never keep a chain: after a deepcopy (as EMA makes) or a conversion of its
    norm layers it would still run the old modules.

    Args:
        backbone (nn.Module): A backbone that a registered adapter knows, or a
            subclass that inherits ``forward`` from one.

    Returns:
        BlockChain: ``chain(x)`` equals ``backbone(x)[-1]``.

    Raises:
        UserError: If no adapter fits, or it can't for these settings.
    """
    for cls in type(backbone).__mro__:
        adapter = _ADAPTERS.get(_full_name(cls))
        # A subclass with another forward runs its blocks in another way.
        if adapter and type(backbone).forward is cls.forward:
            return BlockChain(adapter(backbone))
    raise UserError(
        f'backbone {_full_name(type(backbone))}: no block chain is known for '
        'it; add one with ppl_mm.models.register_block_chain (docs/'
        f'concepts.md), or use one of {", ".join(sorted(_ADAPTERS))}')


@register_block_chain('mmpretrain.models.backbones.resnet.ResNet')
def resnet_chain(backbone: nn.Module) -> list[Block]:
    """Stem with its pool, then the residual units."""
    stem = (backbone.stem, ) if backbone.deep_stem else (
        backbone.conv1, backbone.norm1, backbone.relu)
    blocks = [Block('stem', (*stem, backbone.maxpool), 4,
                    backbone.stem_channels)]
    for index in range(max(backbone.out_indices) + 1):
        name = backbone.res_layers[index]
        for number, unit in enumerate(getattr(backbone, name)):
            stride = backbone.strides[index] if number == 0 else 1
            blocks.append(
                Block(f'{name}.{number}', (unit, ), stride,
                      _residual_channels(unit)))
    return blocks


def _residual_channels(unit: nn.Module) -> int:
    last = unit.conv3 if hasattr(unit, 'conv3') else unit.conv2
    return last.out_channels


# mmseg's dilated ResNet is written to the same plan, under the same names.
register_block_chain('mmseg.models.backbones.resnet.ResNet')(resnet_chain)


@register_block_chain('ppl_mm.models.resnet38d.ResNet38d')
def resnet38d_chain(backbone: nn.Module) -> list[Block]:
    """conv1a and the residual units; bn7 and its ReLU with the last.

    A unit passes on the sum of its residual and its shortcut. Its features
    are what the next one makes of that first: norm and ReLU (PSA's taps).
    """
    names = [name for stage in backbone.stages[:max(backbone.out_indices)]
             for name in stage]
    ends = tuple(getattr(backbone, name)
                 for name in ('bn7', 'relu') if name in names)
    units = [(name, getattr(backbone, name))
             for name in names if name not in ('bn7', 'relu')]
    blocks = []
    for (name, unit), following in zip(units, [*units[1:], None],
                                       strict=True):
        layers = (unit, ) if following else (unit, *ends)
        readout = (following[1].bn_branch2a,
                   backbone.relu) if following else ()
        stride = unit.stride[0] if name == 'conv1a' else unit.stride
        blocks.append(
            Block(name, layers, stride, unit.out_channels, readout))
    return blocks


@register_block_chain('mmpretrain.models.backbones.mobilenet_v2.MobileNetV2')
def mobilenet_v2_chain(backbone: nn.Module) -> list[Block]:
    """First convolution, the inverted residuals, the last convolution."""
    blocks = [_conv_block('conv1', backbone.conv1)]
    for name in backbone.layers[:max(backbone.out_indices) + 1]:
        layer = getattr(backbone, name)
        if not isinstance(layer, nn.Sequential):
            blocks.append(_conv_block(name, layer))
            continue
        blocks += [
            Block(f'{name}.{number}', (unit, ), unit.stride,
                  unit.conv[-1].out_channels)
            for number, unit in enumerate(layer)
        ]
    return blocks


def _conv_block(name: str, conv: nn.Module) -> Block:
    return Block(name, (conv, ), conv.stride[0], conv.out_channels)


@register_block_chain('mmpretrain.models.backbones.vgg.VGG')
def vgg_chain(backbone: nn.Module) -> list[Block]:
    """The convolution layers, a pool with the layer that it follows."""
    if backbone.num_classes > 0:
        raise UserError(
            'backbone VGG: with num_classes > 0 it ends in a classifier and '
            'has no feature map; set num_classes=-1')
    _, stop = backbone.range_sub_modules[max(backbone.out_indices)]
    blocks: list[Block] = []
    for number, layer in enumerate(backbone.features[:stop]):
        if isinstance(layer, nn.MaxPool2d):
            conv = blocks.pop()
            blocks.append(
                Block(conv.name, (*conv.layers, layer), 2, conv.channels))
        else:
            blocks.append(_conv_block(f'features.{number}', layer))
    return blocks


@register_block_chain('mmpretrain.models.backbones.convnext.ConvNeXt')
def convnext_chain(backbone: nn.Module) -> list[Block]:
    """Stem, blocks, and downsampling layers; the final norm with the last."""
    if backbone.gap_before_final_norm:
        raise UserError(
            'backbone ConvNeXt: it returns pooled features, which have no '
            'map to cut; set gap_before_final_norm=False')
    last = max(backbone.out_indices)
    blocks = []
    for index in range(last + 1):
        channels = backbone.channels[index]
        down = backbone.downsample_layers[index]
        stride = next(layer.stride[0] for layer in down
                      if isinstance(layer, nn.Conv2d))
        blocks.append(
            Block(f'downsample_layers.{index}', (down, ), stride, channels))
        blocks += [
            Block(f'stages.{index}.{number}', (unit, ), 1, channels)
            for number, unit in enumerate(backbone.stages[index])
        ]
    tail = blocks.pop()
    norm = getattr(backbone, f'norm{last}')
    blocks.append(Block(tail.name, (*tail.layers, norm), 1, tail.channels))
    return blocks


def describe(chain: BlockChain) -> str:
    """A table of the chain: what a user chooses the positions from.

    Args:
        chain (BlockChain): Any.

    Returns:
        str: Lines of position, name, stride so far, and channels.
    """
    lines = [f'{"position":>8}  {"block":<24}{"stride":>7}{"channels":>10}']
    for index, block in enumerate(chain):
        lines.append(f'{index:>8}  {block.name:<24}'
                     f'{chain[:index + 1].stride:>7}{block.channels:>10}')
    lines.append(f'A cut can be made after blocks 0..{len(chain) - 2}.')
    return '\n'.join(lines)


def _main() -> None:
    import argparse

    from mmengine.config import Config
    from mmengine.registry import MODELS, init_default_scope

    parser = argparse.ArgumentParser(
        description='Print the blocks of the backbone of a config: index, '
        'name, stride so far, channels.')
    parser.add_argument('config', help='a classification or mmseg config')
    path = parser.parse_args().config
    if not Path(path).is_file():
        raise UserError(f'{path}: no such config')
    cfg = Config.fromfile(path)
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    cfg.model.backbone.pop('init_cfg', None)
    print(describe(block_chain(MODELS.build(cfg.model.backbone))))


if __name__ == '__main__':
    # The imported module, not this copy: it has the users' own chains.
    from ppl_mm.models.block_chain import _main as main
    from ppl_mm.utils.cli import run
    run(main)
