"""What a map learns from pseudo-labels: a cross entropy that is balanced."""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..registry import MODELS
from ..utils.label_values import IGNORE


@MODELS.register_module()
class LabelLoss(nn.Module):
    """Cross entropy of maps with labels, background and objects alike.

    The background's logit is 0 everywhere, so where a map is positive its
    class is likelier than the background. Half of the loss is the mean over
    pixels of background, half the mean over those of objects: else a small
    object would not count.

    Args:
        weight (float): Of the loss. Defaults to 1.
    """

    def __init__(self, weight: float = 1.) -> None:
        super().__init__()
        self.weight = weight

    def forward(self, cams: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch.

        Args:
            cams (Tensor): Raw maps (B, num_classes, h, w), resized to the
                labels bilinearly.
            labels (Tensor): (B, H, W), 0 = background, class id + 1, 255 =
                ignore.

        Returns:
            Tensor: A scalar; a half without pixels is 0.
        """
        cams = F.interpolate(
            cams, size=labels.shape[-2:], mode='bilinear', align_corners=False)
        logits = F.pad(cams, (0, 0, 0, 0, 1, 0))  # (B, 1 + num_classes, H, W)
        labels = labels.long()
        loss = F.cross_entropy(
            logits, labels, ignore_index=IGNORE, reduction='none')
        background = labels == 0
        objects = ~background & (labels != IGNORE)
        halves = [loss[part].sum() / part.sum().clamp(min=1)
                  for part in (background, objects)]
        return self.weight * torch.stack(halves).mean()
