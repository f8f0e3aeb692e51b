"""What an AffinityNet learns from a label map."""

import torch
from torch import Tensor, nn

from ...formats.mask_file import IGNORE
from ...registry import MODELS
from .neighbourhood import second_pixels

# Keeps the logarithm finite; PSA's value (train_aff.py).
_EPSILON = 1e-5


@MODELS.register_module()
class AffinityLoss(nn.Module):
    """Cross entropy of pairs: 1 for two pixels of one label, 0 for others.

    The loss of PSA (Ahn and Kwak, CVPR 2018, arXiv 1803.10464, eq. 5 to 8). Each of three kinds of
    pairs is averaged over its own pairs, so that the many pairs within the background do not drown
    the few across a border; a kind without a pair adds nothing. IRN's affinity loss weights alike.

    Args:
        background: Weight of pairs within the background. Defaults to 1/4.
        foreground: Of pairs within one class. Defaults to 1/4.
        different: Of pairs of different labels. Defaults to 1/2.
    """

    def __init__(
        self, background: float = 0.25, foreground: float = 0.25, different: float = 0.5
    ) -> None:
        super().__init__()
        self.background = background
        self.foreground = foreground
        self.different = different

    def forward(self, affinities: Tensor, labels: Tensor, radius: float) -> dict[str, Tensor]:
        """Return ``loss_background``, ``loss_foreground`` and ``loss_different``, weighted.

        Args:
            affinities: (B, P, H, W) in 0..1, of
                :func:`~ppl_mm.models.affinity.neighbourhood.pair_affinities`.
            labels: (B, H, W) integers: 0 = background, class + 1, 255 = ignore, with every pair
                that it is part of.
            radius: Radius of the pairs.
        """
        first = labels.unsqueeze(1)  # (B, 1, H, W)
        second = second_pixels(labels, radius, outside=IGNORE)  # (B, P, H, W)
        known = (first != IGNORE) & (second != IGNORE)
        same = known & (first == second)
        is_background = same & (first == 0)
        alike = -(affinities + _EPSILON).log()
        unlike = -(1 + _EPSILON - affinities).log()
        return dict(
            loss_background=self.background * _mean(alike, is_background),
            loss_foreground=self.foreground * _mean(alike, same & ~is_background),
            loss_different=self.different * _mean(unlike, known & ~same),
        )


def _mean(values: Tensor, chosen: Tensor) -> Tensor:
    """Return the mean of the chosen values, 0 if there is none."""
    total = torch.where(chosen, values, 0).sum()
    return total / chosen.sum().clamp(min=1)
