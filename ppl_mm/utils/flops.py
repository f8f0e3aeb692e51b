"""Counting the operations of a training step."""

import torch
from torch.utils.flop_counter import FlopCounterMode


def count_flops() -> FlopCounterMode:
    """Return PyTorch's counter of operations, right about depthwise convolutions.

    It is a context; ``get_total_flops()`` is the sum so far. A multiplication with its addition is
    two. PyTorch's own count takes the weights of a depthwise convolution for dense ones when it
    counts its gradients, several times too many for a MobileNet.
    """
    return FlopCounterMode(
        display=False, custom_mapping={torch.ops.aten.convolution_backward: _convolution_backward}
    )


def _convolution_backward(
    gradient: torch.Size, inputs: torch.Size, weight: torch.Size, *others, **_
) -> int:
    """Operations of the gradients of a convolution, of any groups."""
    wanted = others[7]  # of the input, the weight, the bias
    return 2 * gradient.numel() * weight[1:].numel() * sum(wanted[:2])
