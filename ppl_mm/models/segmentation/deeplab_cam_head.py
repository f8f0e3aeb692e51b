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
        cam_classes: Maps: all classes, or all but the first, which is the background.
        **kwargs: See mmseg's ``DepthwiseSeparableASPPHead``.

    Raises:
        ValueError: If there are more or fewer maps than that.
    """

    def __init__(self, cam_index: int, cam_channels: int, cam_classes: int, **kwargs) -> None:
        names = [dict(name='conv_seg'), dict(name='cam')]
        super().__init__(**{'init_cfg': dict(type='Normal', std=0.01, override=names), **kwargs})
        self._without_map = self.out_channels - cam_classes
        if self._without_map not in (0, 1):
            raise ValueError(
                f'DeepLabCAMHead: cam_classes is {cam_classes}; of {self.out_channels} classes '
                'all have a map, or all but the background'
            )
        self.cam_index = cam_index
        # As CAMHead's: no bias.
        self.cam = nn.Conv2d(cam_channels, cam_classes, 1, bias=False)

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Score the classes.

        Args:
            inputs: Feature maps of the backbone, each (B, C, h, w).

        Returns:
            Logits, shape (B, num_classes, h, w), as large as the first feature map.
        """
        logits = super().forward(inputs)
        cam = self.cam(inputs[self.cam_index])  # (B, cam_classes, h, w)
        cam = resize(cam, size=logits.shape[2:], mode='bilinear', align_corners=self.align_corners)
        return logits + nn.functional.pad(cam, (0, 0, 0, 0, self._without_map, 0))
