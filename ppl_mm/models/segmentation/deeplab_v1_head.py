"""The head of DeepLab-v1 with a large field of view."""

import torch
from mmcv.cnn import ConvModule
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from torch import nn

from ...registry import MODELS


@MODELS.register_module()
class DeepLabV1Head(BaseDecodeHead):
    """One widely dilated 3x3 convolution, one 1x1, and the classes.

    DeepLab-LargeFOV (Chen et al., ICLR 2015, arXiv 1412.7062) with batch
    norms, as SEAM's segmentation step puts it on ResNet38d (Wang et al., CVPR
    2020; their codebase's ``deeplabv1``)::

        x -> 3x3, dilation 12 -> 1x1 -> dropout -> 1x1 to the classes

    Args:
        in_channels: Channels of the backbone's feature map.
        channels: Channels between the convolutions. Defaults to 512.
        dilation: Dilation of the 3x3 convolution. Defaults to 12.
        dropout_ratio: Single values, not channels, are dropped. Defaults to 0.5.
        **kwargs: See mmseg's ``BaseDecodeHead``, ``num_classes`` above all.
            Other defaults than there: batch norm, mmseg's cross entropy in
            whatever scope, Kaiming's initial weights by fan-out as SEAM's.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int = 512,
        *,
        dilation: int = 12,
        dropout_ratio: float = 0.5,
        **kwargs,
    ) -> None:
        defaults = dict(
            norm_cfg=dict(type='BN'),
            loss_decode=dict(type='mmseg.CrossEntropyLoss'),
            init_cfg=dict(type='Kaiming', mode='fan_out', layer='Conv2d'),
        )
        super().__init__(
            in_channels, channels, dropout_ratio=dropout_ratio, **{**defaults, **kwargs}
        )
        settings = dict(conv_cfg=self.conv_cfg, norm_cfg=self.norm_cfg, act_cfg=self.act_cfg)
        self.conv_fov = ConvModule(
            self.in_channels, channels, 3, padding=dilation, dilation=dilation, **settings
        )
        self.conv = ConvModule(channels, channels, 1, **settings)
        self.dropout = nn.Dropout(dropout_ratio)

    def forward(self, inputs: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """Return logits (B, num_classes, h, w) of the feature maps, each (B, C, h, w)."""
        return self.cls_seg(self.conv(self.conv_fov(self._transform_inputs(inputs))))
