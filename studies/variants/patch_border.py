"""What the convolutions of a tail see beyond the border of a patch.

Zeros, a layer's own padding, are what the method says. But a tail that was
trained on whole images has seen them at the rim of an image only; on small
patches they are everywhere, and shift what a frozen BatchNorm was fitted to.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch.nn.functional as F
from torch import Tensor, nn

from ppl_mm.errors import UserError
from ppl_mm.models.block_chain import BlockChain
from ppl_mm.models.patch_learning import MultiGranularityFusion, PatchLearning
from ppl_mm.models.patch_ops import Grid, as_grid
from ppl_mm.registry import MODELS


@contextmanager
def replicate_padding(tail: BlockChain) -> Iterator[None]:
    """Have the convolutions of a tail pad by the value at the border, not by zeros.

    Args:
        tail: Blocks whose convolutions pad with zeros.

    Raises:
        UserError: If a block computes its forward pass anew in the backward
            pass, where the padding would be zeros again.
    """
    # Each once: a layer may stand in several blocks.
    modules = list(dict.fromkeys(_modules(tail)))
    if any(map(_computes_anew, modules)):
        raise UserError(
            'replicated borders do not go together with with_cp=True in the backbone, nor with '
            'activation_checkpointing in the config; set one of them back'
        )
    convs = [
        module
        for module in modules
        if isinstance(module, nn.Conv2d) and module.padding_mode == 'zeros' and any(module.padding)
    ]
    paddings = [conv.padding for conv in convs]
    hooks = [conv.register_forward_pre_hook(_pad_input(*conv.padding)) for conv in convs]
    for conv in convs:
        conv.padding = (0, 0)
    try:
        yield
    finally:
        for conv, padding, hook in zip(convs, paddings, hooks, strict=True):
            conv.padding = padding
            hook.remove()


def _pad_input(vertical: int, horizontal: int) -> Callable:
    """Return a hook that pads what a convolution is given."""

    def pad(_: nn.Module, inputs: tuple[Tensor]) -> Tensor:
        """Repeat the outermost cells, as wide as the padding."""
        sides = (horizontal, horizontal, vertical, vertical)
        return F.pad(inputs[0], sides, mode='replicate')

    return pad


def _computes_anew(module: nn.Module) -> bool:
    """By mmpretrain's setting, or by mmengine's, which sets a forward."""
    return getattr(module, 'with_cp', False) or 'forward' in vars(module)


def _modules(tail: BlockChain) -> Iterator[nn.Module]:
    for block in tail:
        for layer in block.layers:
            if isinstance(layer, nn.Module):
                yield from layer.modules()


class _ReplicatedBorder:
    """Pads the patches of a neck by their borders; a grid of 1 keeps its zeros."""

    def patches(self, features: Tensor, tail: BlockChain, grid: Grid, whole: Tensor) -> Tensor:
        """Return the patch branch, of the shape of ``whole``."""
        if as_grid(grid) == (1, 1):
            return super().patches(features, tail, grid, whole)
        with replicate_padding(tail):
            return super().patches(features, tail, grid, whole)


@MODELS.register_module()
class ReplicatePatchLearning(_ReplicatedBorder, PatchLearning):
    """Patch learning with replicated borders, see :class:`ppl_mm.PatchLearning`."""


@MODELS.register_module()
class ReplicateMultiGranularityFusion(_ReplicatedBorder, MultiGranularityFusion):
    """Explicit fusion with replicated borders, see :class:`ppl_mm.MultiGranularityFusion`."""
