"""Pairs of pixels that lie close to each other in a map.

A pair is named once, by its first pixel in reading order and one of P offsets to the second, so
that half of the neighbourhood holds every pair. A map of pairs has the shape ``(..., P, H, W)``;
where the second pixel would lie outside, it holds a value that says so.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable


def half_disc(radius: float) -> list[tuple[int, int]]:
    """Return the offsets (rows down, columns to the right) to neighbours later in reading order.

    Args:
        radius: Neighbours are closer than this, in pixels. PSA (Ahn and Kwak, CVPR 2018) and its
            successors: 5, which gives 34.
    """
    reach = math.ceil(radius) - 1
    return [
        (y, x)
        for y in range(reach + 1)
        for x in range(-reach, reach + 1)
        if (y, x) > (0, 0) and math.hypot(y, x) < radius
    ]


def pair_views(values: Tensor, offset: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Return all first and all second pixels of the pairs of one offset, of :func:`half_disc`.

    They are views (..., H - y, W - abs(x)); empty if the map (..., H, W) is smaller than that.
    """
    y, x = offset
    height, width = values.shape[-2:]
    rows, columns = max(height - y, 0), max(width - abs(x), 0)
    left, right = max(-x, 0), max(x, 0)
    return (
        values[..., :rows, left : left + columns],
        values[..., y : y + rows, right : right + columns],
    )


def second_pixels(values: Tensor, radius: float, outside: float) -> Tensor:
    """Return the value of the second pixel of each pair, (..., P, H, W), of values (..., H, W).

    ``outside`` stands where there is no second pixel.
    """
    offsets = half_disc(radius)
    *batch, height, width = values.shape
    pairs = values.new_full((*batch, len(offsets), height, width), outside)
    for index, offset in enumerate(offsets):
        first, _ = pair_views(pairs.select(-3, index), offset)
        first.copy_(pair_views(values, offset)[1])
    return pairs


def pair_affinities(features: Tensor, radius: float) -> Tensor:
    """Return how alike the pixels of each pair are: ``exp(-mean |difference|)``.

    It is (B, P, H, W) in 0..1, 0 where there is no second pixel, of features (B, C, H, W).
    """
    return (-_MeanDistance.apply(features, radius)).exp()


class _MeanDistance(Function):
    """Mean absolute difference over the channels, of each pair.

    By autograd alone the differences of all P offsets would be kept, P times the features; here
    they are computed again.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor, radius: float) -> Tensor:
        """Map (B, C, H, W) to (B, P, H, W)."""
        ctx.save_for_backward(features)
        ctx.offsets = half_disc(radius)
        batch, _, height, width = features.shape
        distances = features.new_full((batch, len(ctx.offsets), height, width), math.inf)
        for index, offset in enumerate(ctx.offsets):
            first, second = pair_views(features, offset)
            there, _ = pair_views(distances[:, index], offset)
            there.copy_((first - second).abs_().mean(dim=1))
        return distances

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """Map (B, P, H, W) to (B, C, H, W)."""
        (features,) = ctx.saved_tensors
        total = torch.zeros_like(features)
        for index, offset in enumerate(ctx.offsets):
            first, second = pair_views(features, offset)
            there, _ = pair_views(grad[:, index], offset)
            slope = (first - second).sign_().mul_(there.unsqueeze(1) / features.shape[1])
            of_first, of_second = pair_views(total, offset)
            of_first.add_(slope)
            of_second.sub_(slope)
        return total, None
