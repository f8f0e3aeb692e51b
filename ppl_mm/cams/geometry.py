"""Where a map lies on its image."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F


def lay_over(
    cam: torch.Tensor, size: Sequence[int], extent: Sequence[float] = (1.0, 1.0)
) -> torch.Tensor:
    """Resize maps bilinearly so that they lie on their image.

    Args:
        cam: Maps (n, h, w), ``n`` may be 0; or of a batch, (B, n, h, w).
        size: (H, W) that stand for the whole image.
        extent: Height and width that the maps cover, from the top left, in units of the image's.
            Above 1: the network padded the image at the bottom and right, and what lies there is
            cut off. Below 1: it dropped a remainder, and the last cells are continued. Defaults to
            (1, 1).

    Returns:
        Maps (.., n, *size), same type.
    """
    if not cam.numel():
        return cam.new_zeros(*cam.shape[:-2], *size)
    if cam.ndim == 3:
        return lay_over(cam[None], size, extent)[0]
    if tuple(extent) == (1, 1):
        return F.interpolate(cam, size=tuple(size), mode='bilinear', align_corners=False)
    cells = cam.shape[-2:]
    # Pixels for each cell, down and across.
    scales = [part * side / n for part, side, n in zip(extent, size, cells, strict=True)]
    # The last cells again, as far as the image goes and one for rounding.
    more = [
        max(0, math.ceil(side / scale) - n) + 1
        for side, scale, n in zip(size, scales, cells, strict=True)
    ]
    wider = F.pad(cam, (0, more[1], 0, more[0]), mode='replicate')
    laid = F.interpolate(wider, scale_factor=scales, mode='bilinear', align_corners=False)
    return laid[..., : size[0], : size[1]]
