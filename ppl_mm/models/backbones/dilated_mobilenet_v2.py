"""MobileNetV2 at an output stride of one's own choice."""

from collections.abc import Sequence

from mmpretrain.models.backbones import MobileNetV2
from torch import nn

from ...registry import MODELS
from ..block_chain import Backbone
from .input_channels import set_input_channels


@MODELS.register_module()
class DilatedMobileNetV2(MobileNetV2):
    """mmpretrain's MobileNetV2 with strides and dilations of its 7 layers.

    The keys of the state dict are unchanged, so ImageNet weights load as they are. The first block
    of a layer is dilated like the layer before it, the others by the layer's own number: with the
    two published pairs

    * output stride 16: ``strides=(1, 2, 2, 2, 1, 1, 1)``,
      ``dilations=(1, 1, 1, 1, 1, 2, 2)``,
    * output stride 8: ``strides=(1, 2, 2, 1, 1, 1, 1)``,
      ``dilations=(1, 1, 1, 2, 2, 4, 4)``,

    every convolution then meets the inputs it was trained on, and the output at every second
    (fourth) pixel *is* the output of the plain network.

    Args:
        strides: Stride of the first block of each layer, 1 or 2; the first convolution adds
            another 2. Defaults to the published ``(1, 2, 2, 2, 1, 2, 1)``, output stride 32.
        dilations: Dilation of each layer. Defaults to none.
        in_channels: Channels of the images.
        **kwargs: See ``mmpretrain.MobileNetV2``. ``out_indices``: 0 to 6 are
            the layers (16, 24, 32, 64, 96, 160, 320 channels), 7 is the last
            1x1 convolution (1280 channels, the default).

    Raises:
        ValueError: If there are not 7 strides and 7 dilations, or one of them is out of range.

    Examples:
        >>> import torch
        >>> net = DilatedMobileNetV2(strides=(1, 2, 2, 2, 1, 1, 1),
        ...                          dilations=(1, 1, 1, 1, 1, 2, 2))
        >>> net(torch.rand(1, 3, 64, 64))[0].shape
        torch.Size([1, 1280, 4, 4])
    """

    def __init__(
        self,
        strides: Sequence[int] = (1, 2, 2, 2, 1, 2, 1),
        dilations: Sequence[int] = (1, 1, 1, 1, 1, 1, 1),
        in_channels: int = 3,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        set_input_channels(self.conv1.conv, in_channels)
        check_layers('DilatedMobileNetV2', strides, dilations, len(self.arch_settings))
        before = 1
        for i, (stride, dilation) in enumerate(zip(strides, dilations, strict=True)):
            first, *rest = getattr(self, f'layer{i + 1}')
            _set_stride(first, stride)
            _set_dilation(first, before)
            for block in rest:
                _set_dilation(block, dilation)
            before = dilation
        # Now, not only in train(): DDP and optimizers look before that.
        self._freeze_stages()


def check_layers(
    name: str, strides: Sequence[int], dilations: Sequence[int], num_layers: int
) -> None:
    """Raise a ValueError unless there is a legal stride and dilation for each layer."""
    for what, values, legal in (
        ('strides', strides, (1, 2)),
        ('dilations', dilations, range(1, 1 << 16)),
    ):
        if len(values) != num_layers or any(value not in legal for value in values):
            raise ValueError(
                f'{what} of {name} must be {num_layers} numbers within {legal}, got {tuple(values)}'
            )


def _depthwise(block: Backbone) -> nn.Conv2d:
    """Return the 3x3 convolution of an inverted residual block."""
    return block.conv[-2].conv


def _set_stride(block: Backbone, stride: int) -> None:
    """Change the stride; a shortcut never appears, since none was trained."""
    block.stride = stride
    block.use_res_connect = block.use_res_connect and stride == 1
    _depthwise(block).stride = (stride, stride)


def _set_dilation(block: Backbone, dilation: int) -> None:
    """Change the dilation; the padding keeps the size."""
    conv = _depthwise(block)
    conv.dilation = conv.padding = (dilation, dilation)
