"""Chains of timm's transformers, whose tokens or channels-last maps become maps.

``TIMMBackbone`` returns what timm does, so only a chain makes a map of it. Images of any size are
padded at right and bottom to whole patches.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import UserError
from ..block_chain import Backbone, Block
from .tokens import Embedding, Size, TokenLayer, own_cells, place_by_place

_ANY_SIZE = 'it takes images of one size; set dynamic_img_size=True'


def transformer_blocks(model: Backbone) -> list[Block] | None:
    """Return the blocks of one of timm's transformers, None of any other network.

    Raises:
        UserError: Its settings leave no map to cut.
    """
    family = family_of(model, _FAMILIES)
    if family is None:
        return None
    _check(model)
    *blocks, last = family(model)
    return [*blocks, replace(last, readout=(), own_form=True)]


def family_of(model: Backbone, families: Mapping[str, Callable]) -> Callable | None:
    """Return what knows a network, by the name of the class of timm that says how it runs."""
    forward = getattr(type(model), 'forward_features', None)
    for cls in type(model).__mro__ if forward else ():
        # A subclass with another forward runs its blocks in another way.
        if cls.__name__ in families and getattr(cls, 'forward_features', None) is forward:
            return families[cls.__name__]
    return None


def _check(model: Backbone) -> None:
    embed = model.patch_embed
    if type(embed).__name__ != 'PatchEmbed':
        problem = f'its patches are made by {type(embed).__name__}; take a network without one'
    elif not getattr(model, 'dynamic_img_size', False):
        problem = _ANY_SIZE
    elif not isinstance(getattr(model, 'patch_drop', nn.Identity()), nn.Identity):
        problem = 'patches that are dropped leave no map; set patch_drop_rate=0'
    else:
        return
    raise UserError(f'backbone TIMMBackbone: {type(model).__name__} of timm: {problem}')


def _vision_transformer(model: Backbone) -> list[Block]:
    """Embedding with positions, then the layers; the norms with the last."""
    extra, channels = model.num_prefix_tokens, model.embed_dim
    cells = (partial(own_cells, channels=channels),) if extra else ()
    names = ('cls_token', 'reg_token', 'dist_token', 'pos_embed')
    free = [one for name in names if (one := getattr(model, name, None)) is not None]
    parts = (model.patch_embed, model.norm_pre, *free)
    embedding = Embedding(partial(_embedded, model), parts, extra)
    stride = model.patch_embed.patch_size[0]
    blocks = [Block('patch_embed', (embedding,), stride, channels, cells, tiles=True)]
    for number, unit in enumerate(model.blocks):
        layer = place_by_place(unit, extra)
        blocks.append(Block(f'blocks.{number}', (layer,), 1, channels, cells))
    norms = [one for one in (model.norm, getattr(model, 'fc_norm', None)) if one is not None]
    end = [place_by_place(norm, extra) for norm in norms]
    last = blocks.pop()
    return [*blocks, replace(last, layers=(*last.layers, *end, *cells))]


def _embedded(model: Backbone, images: Tensor) -> tuple[Tensor, Size]:
    """Return tokens that know their place, those without one first, and their grid."""
    cells = model.patch_embed(_padded(images, model.patch_embed.patch_size))  # (B, H, W, C)
    size = (cells.shape[1], cells.shape[2])
    return model.norm_pre(model._pos_embed(cells)), size


def _swin(model: Backbone) -> list[Block]:
    """Embedding, patch mergings and blocks; the norm with the last."""
    patch = model.patch_embed.patch_size
    embedding = Embedding(partial(_patches, model.patch_embed), (model.patch_embed,))
    blocks = [Block('patch_embed', (embedding,), patch[0], model.embed_dim, tiles=True)]
    for index, stage in enumerate(model.layers):
        if not isinstance(stage.downsample, nn.Identity):
            merge = _channels_last(stage.downsample)
            width = stage.downsample.out_dim
            blocks.append(Block(f'layers.{index}.downsample', (merge,), 2, width, tiles=True))
        for number, unit in enumerate(stage.blocks):
            name = f'layers.{index}.blocks.{number}'
            blocks.append(Block(name, (_channels_last(unit),), 1, unit.dim))
    last = blocks.pop()
    return [*blocks, replace(last, layers=(*last.layers, _channels_last(model.norm)))]


def _patches(embed: Backbone, images: Tensor) -> tuple[Tensor, Size]:
    cells = embed(_padded(images, embed.patch_size))  # (B, H, W, C)
    return cells.flatten(1, 2), (cells.shape[1], cells.shape[2])


def _channels_last(module: nn.Module) -> TokenLayer:
    """Return a layer of maps (B, H, W, C) as one that is called with (B, C, H, W)."""

    def run(tokens: Tensor, size: Size) -> tuple[Tensor, Size]:
        """Return the tokens (B, H' * W', C') and their grid (H', W')."""
        y = module(tokens.unflatten(1, size))  # (B, H', W', C')
        return y.flatten(1, 2), (y.shape[1], y.shape[2])

    return TokenLayer(run, (module,))


def _padded(images: Tensor, patch: Size) -> Tensor:
    """Return images (B, C, H, W) with zeros at right and bottom, up to whole patches."""
    below, right = (-side % step for side, step in zip(images.shape[-2:], patch, strict=True))
    return F.pad(images, (0, right, 0, below))


# By the class of timm; DeiT, DeiT III and DINOv2 are VisionTransformers there.
_FAMILIES: dict[str, Callable[[Backbone], list[Block]]] = {
    'VisionTransformer': _vision_transformer,
    'SwinTransformer': _swin,
}
