"""The head of DeepLab-v2: atrous spatial pyramid pooling, summed."""

from collections.abc import Sequence

import torch
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from torch import nn

from ...registry import MODELS


@MODELS.register_module()
class DeepLabV2Head(BaseDecodeHead):
    """Dilated 3x3 convolutions straight to the classes, summed.

    ASPP as in DeepLab-v2 (Chen et al., TPAMI 2018, arXiv 1606.00915); the heads called ASPP in
    mmseg are those of v3, which concatenate.

    Args:
        in_channels: Channels of the backbone's feature map.
        channels: Without effect, since nothing lies between the features and the classes; here
            because every head of mmseg has it. Defaults to None.
        num_classes: Background included.
        dilations: One convolution each. Defaults to ``(6, 12, 18, 24)``.
        dropout_ratio: Of whole feature channels. Defaults to 0.
        **kwargs: See mmseg's ``BaseDecodeHead``. Other defaults than there:
            mmseg's cross entropy in whatever scope, initial weights from a
            normal distribution of width 0.01 as DeepLab's.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int | None = None,
        *,
        num_classes: int,
        dilations: Sequence[int] = (6, 12, 18, 24),
        dropout_ratio: float = 0.0,
        **kwargs,
    ) -> None:
        defaults = dict(
            loss_decode=dict(type='mmseg.CrossEntropyLoss'),
            init_cfg=dict(type='Normal', std=0.01, layer='Conv2d'),
        )
        super().__init__(
            in_channels,
            channels or num_classes,
            num_classes=num_classes,
            dropout_ratio=dropout_ratio,
            **{**defaults, **kwargs},
        )
        del self.conv_seg  # these convolutions are the classifier
        self.convs = nn.ModuleList(
            nn.Conv2d(self.in_channels, self.out_channels, 3, padding=dilation, dilation=dilation)
            for dilation in dilations
        )

    def forward(self, inputs: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """Return logits (B, num_classes, h, w) of the feature maps, each (B, C, h, w)."""
        x = self._transform_inputs(inputs)  # (B, C, h, w)
        if self.dropout is not None:
            x = self.dropout(x)
        return sum(conv(x) for conv in self.convs)
