"""Pixel-adaptive mask refinement, in tensors, on any device."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import UserError
from ..registry import REFINERS
from .refiner import Refiner
from .scores import Scores

#: Those of the paper's experiments.
DILATIONS = (1, 2, 4, 8, 12, 24)


@REFINERS.register_module()
class PAMR(Refiner):
    """Averages scores over neighbours of like colour, several times.

    Pixel-adaptive mask refinement of Araslanov and Roth, "Single-Stage Semantic Segmentation from
    Image Labels", CVPR 2020. Colours go in as 0..1, as in the paper's code; a factor would cancel
    out. Each channel is refined on its own, so no background is needed yet. It takes about 60
    float32 numbers a pixel.

    Args:
        iterations: How often. Defaults to 10.
        dilations: Distances of the neighbours in pixels; each has eight. Defaults to (1, 2, 4, 8,
            12, 24).
        device: Where to compute. Defaults to 'cpu'.

    Raises:
        UserError: If a value can't be used.
    """

    needs_background = False

    def __init__(
        self, iterations: int = 10, dilations: Sequence[int] = DILATIONS, device: str = 'cpu'
    ) -> None:
        if iterations < 0:
            raise UserError(f'ppl_mm.PAMR: iterations={iterations} must be 0 or more')
        if not dilations or min(dilations) < 1:
            raise UserError(
                f'ppl_mm.PAMR: dilations={dilations!r} must be '
                'one or more distances from 1 pixel on'
            )
        self.iterations, self.dilations = iterations, tuple(dilations)
        self.device = device
        # A score moves so far in all iterations; no colour beyond matters.
        self.margin = iterations * max(self.dilations)

    def refine(self, image: np.ndarray, scores: Scores) -> Scores:
        """Average each channel over neighbours of similar colour."""
        pixels = torch.tensor(image, device=self.device).permute(2, 0, 1)
        values = torch.tensor(scores.values, device=self.device)
        refined = pamr(pixels[None] / 255, values[None], self.iterations, self.dilations)[0]
        # Weights add up to 1 but for rounding.
        return replace(scores, values=refined.clamp(0, 1).cpu().numpy())


@torch.no_grad()
def pamr(
    images: Tensor, scores: Tensor, iterations: int = 10, dilations: Sequence[int] = DILATIONS
) -> Tensor:
    """Refine the scores (B, C, H, W) of images (B, K, H, W); no gradient flows, as in the paper.

    Pixel i takes of neighbour j the share ``softmax_j(-mean_c |x_i - x_j| / (0.1 s_i))``: x the
    colour of channel c, s_i its standard deviation over the neighbours and the pixel itself.
    Beyond the border lies the border. The neighbours of all pixels are never laid out, as
    unfolding does: each is a view of one padded tensor and added in place. For the other arguments
    see :class:`PAMR`.

    Raises:
        ValueError: If images and scores do not fit each other.
    """
    if images.shape[::2] != scores.shape[::2] or (images.shape[-1] != scores.shape[-1]):
        raise ValueError(
            f'images {tuple(images.shape)} and scores {tuple(scores.shape)} differ in batch or size'
        )
    shares = _shares(images, dilations)
    for _ in range(iterations):
        refined = torch.zeros_like(scores)
        for share, neighbour in zip(
            shares.split(1, dim=1), _neighbours(scores, dilations), strict=True
        ):
            refined.addcmul_(share, neighbour)
        scores = refined
    return scores


def _neighbours(tensor: Tensor, dilations: Sequence[int]) -> Iterator[Tensor]:
    """Yield views: what each pixel has at each of its neighbours."""
    height, width = tensor.shape[-2:]
    reach = max(dilations)
    padded = F.pad(tensor, [reach] * 4, mode='replicate')
    for distance in dilations:
        steps = (reach - distance, reach, reach + distance)
        for top, left in product(steps, steps):
            if (top, left) != (reach, reach):
                yield padded[..., top : top + height, left : left + width]


def _shares(images: Tensor, dilations: Sequence[int]) -> Tensor:
    """Return the share of each neighbour, shape ``(B, 8 * dilations, H, W)``."""
    width = 1e-8 + 0.1 * _spread(images, dilations)  # (B, K, H, W)
    batch, _, *size = images.shape
    shares = images.new_empty(batch, 8 * len(dilations), *size)
    for k, neighbour in enumerate(_neighbours(images, dilations)):
        distance = (neighbour - images).abs_().div_(width)
        shares[:, k] = -distance.mean(dim=1)
    # A softmax that needs no second tensor of this size.
    shares -= shares.amax(dim=1, keepdim=True)
    shares.exp_()
    shares /= shares.sum(dim=1, keepdim=True)
    return shares


def _spread(images: Tensor, dilations: Sequence[int]) -> Tensor:
    """Return the standard deviation about each pixel, shape ``(B, K, H, W)``.

    The pixel itself counts once for each distance, as in the paper's code.
    """
    total, square = torch.zeros_like(images), torch.zeros_like(images)
    for neighbour in _neighbours(images, dilations):
        # Differences to one of the samples: squares of the colours themselves
        # would cancel out each other's digits.
        difference = neighbour - images
        total += difference
        square.addcmul_(difference, difference)
    count = 9 * len(dilations)
    variance = (square - total**2 / count) / (count - 1)
    return variance.clamp_(min=0).sqrt_()
