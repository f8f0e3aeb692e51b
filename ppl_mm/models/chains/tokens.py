"""Chains of transformers, see :mod:`ppl_mm.models.block_chain`.

Patches are cut from maps, and transformers work on tokens. A block is
therefore called with the map that its tokens make: a cell for each token.

A class token belongs to no cell. It is carried by every cell, as further channels behind the cell's
own: the map is (B, (1 + E) * C, H, W) for E tokens without a place. So each patch brings its own
copy along, goes through the tail with it, and sees no other patch through it; what becomes of the
copies is dropped at the end. A cut needs to know nothing about it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn

from ...errors import UserError
from ..block_chain import Backbone, Block, register_block_chain

#: H and W of the grid that tokens make.
Size = tuple[int, int]


def tokens_to_map(tokens: Tensor, size: Size, extra: int = 0) -> Tensor:
    """Arrange tokens (B, E + H * W, C), those without a place first, in their grid.

    It is (B, (1 + E) * C, H, W); ``extra`` is E.
    """
    cells = tokens[:, extra:].transpose(1, 2).unflatten(2, size)
    if not extra:
        return cells
    carried = tokens[:, :extra].flatten(1)[:, :, None, None]
    return torch.cat([cells, carried.expand(-1, -1, *size)], dim=1)


def map_to_tokens(x: Tensor, extra: int = 0) -> Tensor:
    """Return the tokens (B, E + H * W, C) of a map, the inverse of :func:`tokens_to_map`.

    Where the cells of a map carry different copies, that of the first one counts: padding at right
    and bottom has none.
    """
    if not extra:
        return x.flatten(2).transpose(1, 2)
    channels = x.shape[1] // (1 + extra)
    carried = x[:, channels:, 0, 0].unflatten(1, (extra, channels))
    return torch.cat([carried, map_to_tokens(x[:, :channels])], dim=1)


@dataclass(frozen=True)
class TokenLayer:
    """A layer of tokens that is called with maps.

    Args:
        function: What the layer does, on tokens and their grid.
        parts: What it does it with.
        extra: Tokens without a place. Defaults to 0.
    """

    function: Callable[..., tuple[Tensor, Size]]
    parts: tuple[nn.Module | nn.Parameter, ...]
    extra: int = 0

    def __call__(self, x: Tensor) -> Tensor:
        """Map (B, (1 + E) * C, H, W) to (B, (1 + E) * C', H', W')."""
        tokens, size = self.function(map_to_tokens(x, self.extra), (x.shape[-2], x.shape[-1]))
        return tokens_to_map(tokens, size, self.extra)

    def parameters(self) -> Iterator[nn.Parameter]:
        """Yield the parameters of all parts."""
        for part in self.parts:
            if isinstance(part, nn.Module):
                yield from part.parameters()
            else:
                yield part


@dataclass(frozen=True)
class Embedding(TokenLayer):
    """The first layer: its function takes images (B, 3, H, W)."""

    def __call__(self, x: Tensor) -> Tensor:
        """Map (B, 3, H, W) to (B, (1 + E) * C, H', W')."""
        return tokens_to_map(*self.function(x), self.extra)


def place_by_place(module: nn.Module, extra: int = 0) -> TokenLayer:
    """Return a module that leaves the grid as it is and need not know it."""
    return TokenLayer(lambda tokens, size: (module(tokens), size), (module,), extra)


@register_block_chain('mmpretrain.models.backbones.vision_transformer.VisionTransformer')
@register_block_chain('mmpretrain.models.backbones.deit.DistilledVisionTransformer')
def vision_transformer_chain(backbone: Backbone) -> list[Block]:
    """List the embedding with positions, then the layers; the norm with the last."""
    if backbone.out_type != 'featmap':
        raise UserError(
            f"backbone {type(backbone).__name__}: out_type='{backbone.out_type}' has no map to "
            "cut; set out_type='featmap'"
        )
    extra, channels = backbone.num_extra_tokens, backbone.embed_dims
    readout = (partial(own_cells, channels=channels),) if extra else ()
    tokens = [getattr(backbone, name, None) for name in ('cls_token', 'dist_token')]
    free = [token for token in tokens if token is not None]
    embedding = Embedding(
        partial(_embed_with_places, backbone, free),
        (*free, backbone.pos_embed, backbone.patch_embed, backbone.pre_norm),
        extra,
    )
    stride, tiles = _stride(backbone), _tiles(backbone)
    blocks = [Block('patch_embed', (embedding,), stride, channels, readout, tiles)]
    last = max(backbone.out_indices)
    for index, layer in enumerate(backbone.layers[: last + 1]):
        blocks.append(
            Block(f'layers.{index}', (place_by_place(layer, extra),), 1, channels, readout)
        )
    end: list[Callable[[Tensor], Tensor]] = list(readout)
    if last == len(backbone.layers) - 1 and backbone.final_norm:
        end.insert(0, place_by_place(backbone.ln1, extra))
    return [*blocks[:-1], _extended(blocks[-1], *end)]


def _embed_with_places(
    backbone: Backbone, free: list[Tensor], images: Tensor
) -> tuple[Tensor, Size]:
    """Return tokens that know their place in the image, also after a cut."""
    cells, size = backbone.patch_embed(images)
    tokens = torch.cat([*(token.expand(len(images), -1, -1) for token in free), cells], 1)
    tokens = backbone.drop_after_pos(tokens + _places(backbone, backbone.pos_embed, size))
    # DeiT's distilled form has the layer, and does not run it.
    if len(free) < 2:
        tokens = backbone.pre_norm(tokens)
    return tokens, size


def _places(backbone: Backbone, embedding: Tensor, size: Size) -> Tensor:
    """Return the embedding of the tokens' places, at the size of a grid."""
    # A second to import, which whoever has no transformer need not wait.
    from mmpretrain.models.utils import resize_pos_embed

    before, mode = backbone.patch_resolution, backbone.interpolate_mode
    return resize_pos_embed(embedding, before, size, mode, backbone.num_extra_tokens)


def own_cells(x: Tensor, channels: int) -> Tensor:
    """Return the cells' own channels, without the tokens that they carry."""
    return x[:, :channels]


def _stride(backbone: Backbone) -> int:
    return backbone.patch_embed.projection.stride[0]


def _tiles(backbone: Backbone) -> bool:
    """Return whether patches lie side by side, padded at right and bottom at most."""
    embed = backbone.patch_embed
    padding = getattr(embed, 'adaptive_padding', None)
    return embed.projection.kernel_size == embed.projection.stride and (
        padding.padding == 'corner' if padding else not any(embed.projection.padding)
    )


def _extended(block: Block, *layers: Callable[[Tensor], Tensor]) -> Block:
    """Return the last block of a chain: what it gives is the backbone's output."""
    return replace(block, layers=(*block.layers, *layers), readout=())


@register_block_chain('mmpretrain.models.backbones.swin_transformer.SwinTransformer')
def swin_chain(backbone: Backbone) -> list[Block]:
    """List the embedding, blocks, and patch mergings; the norm with the last."""
    places = [backbone.absolute_pos_embed] if backbone.use_abs_pos_embed else []
    embedding = Embedding(partial(_embed_for_windows, backbone), (backbone.patch_embed, *places))
    stride, tiles = _stride(backbone), _tiles(backbone)
    blocks = [Block('patch_embed', (embedding,), stride, backbone.embed_dims, tiles=tiles)]
    last = max(backbone.out_indices)
    for index, stage in enumerate(backbone.stages[: last + 1]):
        for number, block in enumerate(stage.blocks):
            layer = TokenLayer(partial(_window_attention, block), (block,))
            blocks.append(Block(f'stages.{index}.blocks.{number}', (layer,), 1, stage.embed_dims))
        if stage.downsample and (index < last or backbone.out_after_downsample):
            stride = stage.downsample.sampler.stride[0]
            blocks.append(
                Block(
                    f'stages.{index}.downsample',
                    (TokenLayer(stage.downsample, (stage.downsample,)),),
                    stride,
                    stage.out_channels,
                    tiles=True,
                )
            )
    norm = place_by_place(getattr(backbone, f'norm{last}'))
    return [*blocks[:-1], _extended(blocks[-1], norm)]


def _embed_for_windows(backbone: Backbone, images: Tensor) -> tuple[Tensor, Size]:
    tokens, size = backbone.patch_embed(images)
    if backbone.use_abs_pos_embed:
        tokens = tokens + _places(backbone, backbone.absolute_pos_embed, size)
    return backbone.drop_after_pos(tokens), size


def _window_attention(block: Backbone, tokens: Tensor, size: Size) -> tuple[Tensor, Size]:
    window = block.attn.window_size
    if min(size) < window and not block.attn.pad_small_map:
        raise UserError(
            f'backbone SwinTransformer: a map of {size[0]} x {size[1]} cells is smaller than its '
            f'windows of {window} x {window}, as patches often are; set pad_small_map=True'
        )
    return block(tokens, size), size
