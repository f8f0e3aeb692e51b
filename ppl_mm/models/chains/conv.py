"""Chains of convolutional networks, see :mod:`ppl_mm.models.block_chain`."""

from typing import Any

from torch import nn

from ...errors import UserError
from ..block_chain import Backbone, Block, register_block_chain


@register_block_chain('mmpretrain.models.backbones.resnet.ResNet')
def resnet_chain(backbone: Backbone) -> list[Block]:
    """List the stem with its pool, then the residual units."""
    stem = (
        (backbone.stem,) if backbone.deep_stem else (backbone.conv1, backbone.norm1, backbone.relu)
    )
    blocks = [Block('stem', (*stem, backbone.maxpool), 4, backbone.stem_channels)]
    for index in range(max(backbone.out_indices) + 1):
        name = backbone.res_layers[index]
        for number, unit in enumerate(getattr(backbone, name)):
            stride = backbone.strides[index] if number == 0 else 1
            blocks.append(Block(f'{name}.{number}', (unit,), stride, _residual_channels(unit)))
    return blocks


def _residual_channels(unit: Backbone) -> int:
    last = unit.conv3 if hasattr(unit, 'conv3') else unit.conv2
    return last.out_channels


# mmseg's dilated ResNet is written to the same plan, under the same names.
register_block_chain('mmseg.models.backbones.resnet.ResNet')(resnet_chain)


@register_block_chain('ppl_mm.models.backbones.resnet38d.ResNet38d')
def resnet38d_chain(backbone: Backbone) -> list[Block]:
    """List conv1a and the residual units; bn7 and its ReLU with the last.

    A unit passes on the sum of its residual and its shortcut. Its features are what the next one
    makes of that first: norm and ReLU (PSA's taps).
    """
    names = [name for stage in backbone.stages[: max(backbone.out_indices)] for name in stage]
    ends = tuple(getattr(backbone, name) for name in ('bn7', 'relu') if name in names)
    units = [(name, getattr(backbone, name)) for name in names if name not in ('bn7', 'relu')]
    blocks = []
    for (name, unit), following in zip(units, [*units[1:], None], strict=True):
        layers = (unit,) if following else (unit, *ends)
        readout = (following[1].bn_branch2a, backbone.relu) if following else ()
        stride = unit.stride[0] if name == 'conv1a' else unit.stride
        blocks.append(Block(name, layers, stride, unit.out_channels, readout))
    return blocks


@register_block_chain('mmpretrain.models.backbones.mobilenet_v2.MobileNetV2')
def mobilenet_v2_chain(backbone: Backbone) -> list[Block]:
    """List the first convolution, the inverted residuals, the last convolution."""
    blocks = [_conv_block('conv1', backbone.conv1)]
    for name in backbone.layers[: max(backbone.out_indices) + 1]:
        layer = getattr(backbone, name)
        if not isinstance(layer, nn.Sequential):
            blocks.append(_conv_block(name, layer))
            continue
        units: list[Any] = list(layer)
        for number, unit in enumerate(units):
            channels = unit.conv[-1].out_channels
            blocks.append(Block(f'{name}.{number}', (unit,), unit.stride, channels))
    return blocks


@register_block_chain('ppl_mm.models.backbones.efficientnet_lite.EfficientNetLite')
def efficientnet_lite_chain(backbone: Backbone) -> list[Block]:
    """List the first convolution, the inverted residuals, the last convolution."""
    stem, *layers, last = backbone.layers
    end = max(backbone.out_indices)
    blocks = [Block('layers.0', (stem,), stem.conv.stride[0], stem.out_channels)]
    for index, layer in enumerate(layers[:end], 1):
        for number, unit in enumerate(layer):
            stride = unit.depthwise_conv.conv.stride[0]
            channels = unit.linear_conv.out_channels
            blocks.append(Block(f'layers.{index}.{number}', (unit,), stride, channels))
    if end > len(layers):
        blocks.append(Block(f'layers.{end}', (last,), 1, last.out_channels))
    return blocks


def _conv_block(name: str, conv: Backbone) -> Block:
    return Block(name, (conv,), conv.stride[0], conv.out_channels)


@register_block_chain('mmpretrain.models.backbones.vgg.VGG')
def vgg_chain(backbone: Backbone) -> list[Block]:
    """List the convolution layers, a pool with the layer that it follows."""
    if backbone.num_classes > 0:
        raise UserError(
            'backbone VGG: with num_classes > 0 it ends in a classifier and '
            'has no feature map; set num_classes=-1'
        )
    _, stop = backbone.range_sub_modules[max(backbone.out_indices)]
    blocks: list[Block] = []
    for number, layer in enumerate(backbone.features[:stop]):
        if isinstance(layer, nn.MaxPool2d):
            conv = blocks.pop()
            blocks.append(Block(conv.name, (*conv.layers, layer), 2, conv.channels, tiles=True))
        else:
            blocks.append(_conv_block(f'features.{number}', layer))
    return blocks


@register_block_chain('mmpretrain.models.backbones.convnext.ConvNeXt')
def convnext_chain(backbone: Backbone) -> list[Block]:
    """List the stem, blocks, and downsampling layers; the final norm with the last."""
    if backbone.gap_before_final_norm:
        raise UserError(
            'backbone ConvNeXt: it returns pooled features, which have no '
            'map to cut; set gap_before_final_norm=False'
        )
    last = max(backbone.out_indices)
    blocks = []
    for index in range(last + 1):
        channels = backbone.channels[index]
        down = backbone.downsample_layers[index]
        stride = next(layer.stride[0] for layer in down if isinstance(layer, nn.Conv2d))
        blocks.append(Block(f'downsample_layers.{index}', (down,), stride, channels, tiles=True))
        blocks += [
            Block(f'stages.{index}.{number}', (unit,), 1, channels)
            for number, unit in enumerate(backbone.stages[index])
        ]
    tail = blocks.pop()
    norm = getattr(backbone, f'norm{last}')
    blocks.append(Block(tail.name, (*tail.layers, norm), 1, tail.channels))
    return blocks
