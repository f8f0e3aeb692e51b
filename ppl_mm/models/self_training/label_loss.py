"""What a map learns from pseudo-labels: a cross entropy that is balanced."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from ...cams import lay_over
from ...registry import MODELS
from ..segmentation.balanced_loss import balanced_cross_entropy


@MODELS.register_module()
class LabelLoss(nn.Module):
    """Cross entropy of maps with labels, background and objects alike.

    The background's logit is 0 everywhere, so where a map is positive its class is likelier than
    the background. Both count alike, see :func:`.balanced_loss.balanced_cross_entropy`.

    Args:
        weight: Weight of the loss. Defaults to 1.
    """

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        self.weight = weight

    def forward(self, cams: Tensor, labels: Tensor, extent: Sequence[float] = (1.0, 1.0)) -> Tensor:
        """Return the loss of a batch, a scalar; a half without pixels is 0.

        Args:
            cams: Raw maps (B, num_classes, h, w), laid over the labels.
            labels: (B, H, W), 0 = background, class id + 1, 255 = ignore.
            extent: What the maps cover, see :func:`ppl_mm.cams.lay_over`. Defaults to the whole
                image.
        """
        cams = lay_over(cams, labels.shape[-2:], extent)
        logits = F.pad(cams, (0, 0, 0, 0, 1, 0))  # (B, 1 + num_classes, H, W)
        return self.weight * balanced_cross_entropy(logits, labels)
