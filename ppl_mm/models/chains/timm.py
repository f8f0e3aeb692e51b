"""Chains of timm's networks, which mmpretrain's ``TIMMBackbone`` wraps.

timm writes a family of networks to one plan, and its own class tells the family. What follows the
last block (norms, and what is left of the head without a classifier) belongs to that block. Strides
and channels are measured, so that ``output_stride`` and other arguments of timm are followed.
"""

import copy
from collections.abc import Callable, Iterator
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from ...errors import UserError
from ..block_chain import Backbone, Block, register_block_chain
from .timm_transformers import family_of, transformer_blocks

#: The name of a part and the layers that it runs.
Part = tuple[str, tuple[Callable[[Tensor], Tensor], ...]]

# Pixels of the image that strides are measured with.
_SIDE = 128
# Stride and channels of the parts of a network: chains are made anew for each use.
_KNOWN: WeakKeyDictionary[nn.Module, list[tuple[int, int]]] = WeakKeyDictionary()


@register_block_chain('mmpretrain.models.backbones.timm_backbone.TIMMBackbone')
def timm_chain(backbone: Backbone) -> list[Block]:
    """Stem, then the blocks of each stage, and the end of the network with the last."""
    model = backbone.timm_model
    if blocks := transformer_blocks(model):
        return blocks
    if model not in _KNOWN:
        _KNOWN[model] = _measured(model)
    return [
        Block(name, layers, stride, channels, tiles=_tiles(layers))
        for (name, layers), (stride, channels) in zip(_parts_of(model), _KNOWN[model], strict=True)
    ]


def _parts_of(model: Backbone) -> list[Part]:
    """Return the parts of a network, by the class of timm that says how it runs."""
    family = family_of(model, _FAMILIES)
    if family is None:
        raise UserError(
            f'backbone TIMMBackbone: no block chain is known for {type(model).__name__} of timm; '
            f'take a network of {", ".join(_NAMES)} with features_only=False'
        )
    *parts, (name, layers) = family(model)
    return [*parts, (name, (*layers, model.forward_head))]


def _measured(model: Backbone) -> list[tuple[int, int]]:
    """Return stride and channels of each part, by sizes alone: nothing is computed."""
    _parts_of(model)  # refused before it is copied
    twin = copy.deepcopy(model).to('meta').eval()
    x = torch.empty(1, next(twin.parameters()).shape[1], _SIDE, _SIDE, device='meta')
    found = []
    for name, layers in _parts_of(twin):
        y = Block(name, layers, 1, 1)(x)
        found.append((x.shape[-1] // y.shape[-1], y.shape[1]))
        x = y
    return found


def _tiles(layers: tuple[Callable[[Tensor], Tensor], ...]) -> bool:
    """Return whether layers reduce their input by convolutions of squares side by side only."""
    modules = [one for layer in layers if isinstance(layer, nn.Module) for one in layer.modules()]
    convs = [one for one in modules if isinstance(one, nn.Conv2d) and max(one.stride) > 1]
    return bool(convs) and all(
        one.kernel_size == one.stride and not any(one.padding) for one in convs
    )


def _units(name: str, stage: nn.Module) -> Iterator[Part]:
    for number, unit in stage.named_children():
        yield f'{name}.{number}', (unit,)


def _resnet(model: Backbone) -> Iterator[Part]:
    yield 'stem', (model.conv1, model.bn1, model.act1, model.maxpool)
    for name in ('layer1', 'layer2', 'layer3', 'layer4'):
        yield from _units(name, getattr(model, name))


def _efficientnet(model: Backbone) -> Iterator[Part]:
    yield 'conv_stem', (model.conv_stem, model.bn1)
    for number, stage in enumerate(model.blocks):
        yield from _units(f'blocks.{number}', stage)
    if hasattr(model, 'bn2'):  # MobileNetV3 has that convolution in its head
        yield 'conv_head', (model.conv_head, model.bn2)


def _regnet(model: Backbone) -> Iterator[Part]:
    yield 'stem', (model.stem,)
    for name in ('s1', 's2', 's3', 's4'):
        yield from _units(name, getattr(model, name))
    yield 'final_conv', (model.final_conv,)


def _convnext(model: Backbone) -> Iterator[Part]:
    yield 'stem', (model.stem,)
    for number, stage in enumerate(model.stages):
        yield f'stages.{number}.downsample', (stage.downsample,)
        yield from _units(f'stages.{number}.blocks', stage.blocks)
    yield 'norm_pre', (model.norm_pre,)


def _densenet(model: Backbone) -> Iterator[Part]:
    for name, layer in model.features.named_children():
        yield f'features.{name}', (layer,)


# By the class of timm; ResNeXt, SE-ResNet and ResNeSt are ResNets there.
_FAMILIES = {
    'ResNet': _resnet,
    'EfficientNet': _efficientnet,
    'MobileNetV3': _efficientnet,
    'RegNet': _regnet,
    'ConvNeXt': _convnext,
    'DenseNet': _densenet,
}
_NAMES = (
    *('ResNet (ResNeXt, ResNeSt)', 'EfficientNet (MobileNetV2)'),
    *('MobileNetV3', 'RegNet', 'ConvNeXt', 'DenseNet'),
    *('VisionTransformer (DeiT, DINOv2)', 'SwinTransformer'),
)
