"""A cross entropy in which background and objects count alike."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import UserError
from ...formats.mask_file import IGNORE
from ...registry import MODELS


def balanced_cross_entropy(logits: Tensor, labels: Tensor, ignore: int = IGNORE) -> Tensor:
    """Return half the mean over pixels of background, half that over objects, a scalar.

    Else a small object would not count (Huang et al., DSRG, CVPR 2018, whose seeds are balanced
    so). A half without pixels is 0. Logits are ``(B, 1 + num_classes, H, W)``, the background
    first; labels ``(B, H, W)``, 0 = background, class id + 1, or the one to ignore.
    """
    labels = labels.long()
    loss = F.cross_entropy(logits, labels, ignore_index=ignore, reduction='none')
    background = labels == 0
    objects = ~background & (labels != ignore)
    halves = [loss[part].sum() / part.sum().clamp(min=1) for part in (background, objects)]
    return torch.stack(halves).mean()


@MODELS.register_module()
class BalancedCrossEntropyLoss(nn.Module):
    """:func:`balanced_cross_entropy` as a segmentation head's ``loss_decode``.

    For labels that have much more background than objects. Unlike ``class_weight`` of mmseg's
    ``CrossEntropyLoss`` it has nothing to set, and labels may hold 255, at which that ends with an
    IndexError (mmsegmentation 1.2.2).

    Args:
        loss_weight: Defaults to 1.
        loss_name: In the log; names that begin with ``loss`` are trained on. Defaults to 'loss_ce'.
    """

    def __init__(self, loss_weight: float = 1.0, loss_name: str = 'loss_ce') -> None:
        super().__init__()
        self.loss_weight, self.loss_name = loss_weight, loss_name

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
        return self.loss_weight * balanced_cross_entropy(logits, labels, ignore_index)
