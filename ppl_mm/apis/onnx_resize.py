"""The resizing of 8-bit images by OpenCV, as operations that a graph can hold."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

_BITS = 11  # of the weights of a pixel's neighbours


class OpenCVResize(nn.Module):
    """Resizes as mmcv's Resize does, by OpenCV's bilinear interpolation of bytes.

    A floating-point interpolation differs by 1 at a tenth of the pixels: OpenCV computes in
    integers and cuts bits off twice (``resize.cpp``, ``VResizeLinear``). ``scale`` is the width
    and height that the image gets, or must fit into where it keeps its shape.
    """

    def __init__(self, scale: Sequence[int], keep_ratio: bool) -> None:
        super().__init__()
        self.scale, self.keep_ratio = tuple(scale), keep_ratio

    def forward(self, x: Tensor) -> Tensor:
        """Return images (N, 3, h, w) of images (N, 3, H, W), whole numbers in 0..255."""
        height, width = self._size(x)
        left, right, a, b = _neighbours(x.shape[3], width, x.device)
        x = x.int()
        x = x.index_select(3, left) * a + x.index_select(3, right) * b  # (N, 3, H, w)
        top, bottom, a, b = _neighbours(x.shape[2], height, x.device)
        x = x // 2 ** (_BITS - 7)
        above = x.index_select(2, top) * a[:, None] // 2**16
        below = x.index_select(2, bottom) * b[:, None] // 2**16
        return (above + below + 2) // 4  # (N, 3, h, w)

    def _size(self, x: Tensor) -> list[Tensor]:
        if not self.keep_ratio:
            return [torch.tensor(side) for side in self.scale[::-1]]
        sides = [torch.as_tensor(side).double() for side in x.shape[2:]]
        long, short = torch.maximum(*sides), torch.minimum(*sides)
        factor = torch.minimum(max(self.scale) / long, min(self.scale) / short)
        return [(side * factor + 0.5).long() for side in sides]


def _neighbours(
    old: int, new: Tensor, device: torch.device
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the two old pixels (new,) between which each new one lies, and their weights."""
    count: Any = new  # torch.arange takes a tensor, its annotations do not
    pixels = torch.arange(count, device=device).double()
    place = ((pixels + 0.5) * (torch.as_tensor(old) / new.double()) - 0.5).float()
    low = place.floor()
    inside = (low >= 0) & (low < old - 1)
    part = torch.where(inside, place - low, torch.zeros_like(place))
    first = low.clamp(min=0).long().minimum(torch.as_tensor(old - 1))
    second = (first + 1).minimum(torch.as_tensor(old - 1))
    weights = [(value * 2**_BITS).round().int() for value in (1 - part, part)]
    return first, second, weights[0], weights[1]
