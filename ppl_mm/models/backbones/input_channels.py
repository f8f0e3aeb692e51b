"""The channels of the images that a network takes."""

from torch import nn


def input_channels(model: nn.Module) -> int:
    """Return how many channels a model's first convolution takes; 3 if it has none."""
    backbone = getattr(model, 'backbone', model)
    convolutions = (module for module in backbone.modules() if isinstance(module, nn.Conv2d))
    first = next(convolutions, None)
    return 3 if first is None else first.in_channels


def set_input_channels(convolution: nn.Conv2d, channels: int) -> None:
    """Make the first convolution of a network that has just been built take other images than RGB.

    Its weights are drawn anew. Those of a checkpoint for RGB are repeated and scaled, see
    :func:`ppl_mm.utils.weights.names.adapt_first_convolution`.
    """
    if channels == convolution.in_channels:
        return
    convolution.in_channels = channels
    shape = (convolution.out_channels, channels, *convolution.kernel_size)
    convolution.weight = nn.Parameter(convolution.weight.new_empty(shape))
    convolution.reset_parameters()
