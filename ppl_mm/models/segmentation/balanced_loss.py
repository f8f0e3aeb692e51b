"""A cross entropy in which background and objects count alike."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import UserError
from ...formats.mask_file import IGNORE
from ...registry import MODELS


def balanced_cross_entropy(
    logits: Tensor, labels: Tensor, ignore: int = IGNORE, power: float = 0.0
) -> Tensor:
    """Return the mean over pixels of background and that over objects, weighed, a scalar.

    Else a small object would not count. The weights are the numbers of pixels to the power, and
    their sum is 1: both count alike at 0 (Huang et al., DSRG, CVPR 2018, whose seeds are balanced
    so), all pixels at 1, as in a cross entropy. A part without pixels is 0.

    Args:
        logits: ``(B, 1 + num_classes, H, W)``, the background first.
        labels: ``(B, H, W)``, 0 = background, class id + 1, or the one to ignore.
        ignore: That one.
        power: In [0, 1].
    """
    labels = labels.long()
    loss = F.cross_entropy(logits, labels, ignore_index=ignore, reduction='none')
    background = labels == 0
    objects = ~background & (labels != ignore)
    counts = torch.stack([background.sum(), objects.sum()])
    means = torch.stack([loss[background].sum(), loss[objects].sum()]) / counts.clamp(min=1)
    weights = counts.to(loss.dtype) ** power  # 0 ** 0 = 1
    return (weights * means).sum() / weights.sum().clamp(min=1)


@MODELS.register_module()
class BalancedCrossEntropyLoss(nn.Module):
    """:func:`balanced_cross_entropy` as a segmentation head's ``loss_decode``.

    For labels that have much more background than objects. Unlike ``class_weight`` of mmseg's
    ``CrossEntropyLoss`` it has nothing to set, and labels may hold 255, at which that ends with an
    IndexError (mmsegmentation 1.2.2).

    Args:
        power: How much the number of pixels counts, in [0, 1]: 0, the default, is as far from a
            cross entropy as it gets, 1 is one.
        loss_weight: Defaults to 1.
        loss_name: In the log; names that begin with ``loss`` are trained on. Defaults to 'loss_ce'.
    """

    def __init__(
        self, power: float = 0.0, loss_weight: float = 1.0, loss_name: str = 'loss_ce'
    ) -> None:
        super().__init__()
        if not 0 <= power <= 1:
            raise UserError(f'ppl_mm.BalancedCrossEntropyLoss: power={power} is not from 0 to 1')
        self.power, self.loss_weight, self.loss_name = power, loss_weight, loss_name

    def forward(
        self,
        logits: Tensor,
        labels: Tensor,
        weight: Tensor | None = None,
        ignore_index: int = IGNORE,
    ) -> Tensor:
        """Return the loss of a batch, see :func:`balanced_cross_entropy`.

        Raises:
            UserError: If a pixel sampler gives a ``weight``, for which there is no balance.
        """
        if weight is not None:
            raise UserError(
                'ppl_mm.BalancedCrossEntropyLoss balances pixels '
                'itself; take the sampler out of the head'
            )
        return self.loss_weight * balanced_cross_entropy(logits, labels, ignore_index, self.power)
