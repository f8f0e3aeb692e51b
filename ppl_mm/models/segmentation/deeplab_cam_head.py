"""The head of DeepLab-v3+, which begins with what a classifier knows."""

from collections.abc import Sequence

from mmseg.models.decode_heads import DepthwiseSeparableASPPHead
from mmseg.models.utils import resize
from torch import Tensor, nn

from ...registry import MODELS


@MODELS.register_module()
class DeepLabCAMHead(DepthwiseSeparableASPPHead):
    """DepthwiseSeparableASPPHead, to whose logits a class activation map is added.

    ::

        logits = DeepLab(features) + (0, CAM(features))

    In a few hundred steps a network learns where objects end, but hardly which class they are
    of. A classifier of the same images has learnt that. So the network starts with its map, and
    learns what to add; the map learns along. The sum is ours.

    Loaded from a checkpoint of a :class:`CAMClassifier` without a neck, the map has the weights
    of its :class:`CAMHead`.

    Args:
        cam_index: Which feature map of the backbone the classifier reads.
        cam_channels: Its channels.
        background: Whether the first class is the background, which has no map.
        **kwargs: See mmseg's ``DepthwiseSeparableASPPHead``.
    """

    def __init__(
        self, cam_index: int, cam_channels: int, background: bool = True, **kwargs
    ) -> None:
        names = [dict(name='conv_seg'), dict(name='cam')]
        super().__init__(**{'init_cfg': dict(type='Normal', std=0.01, override=names), **kwargs})
        self.cam_index, self.background = cam_index, background
        # As CAMHead's: no bias.
        self.cam = nn.Conv2d(cam_channels, self.out_channels - background, 1, bias=False)

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return logits (B, num_classes, h, w), as large as the first feature map.

        Args:
            inputs: Feature maps of the backbone, each (B, C, h, w).
        """
        logits = super().forward(inputs)
        cam = self.cam(inputs[self.cam_index])  # (B, classes with a map, h, w)
        cam = resize(cam, size=logits.shape[2:], mode='bilinear', align_corners=self.align_corners)
        return logits + nn.functional.pad(cam, (0, 0, 0, 0, int(self.background), 0))
