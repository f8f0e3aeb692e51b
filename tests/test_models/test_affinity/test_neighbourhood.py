"""Pairs of neighbouring pixels, against loops over pixels."""

import pytest
import torch

from ppl_mm.models.affinity.neighbourhood import (
    half_disc,
    pair_affinities,
    pair_views,
    second_pixels,
)

SIZES = [(1, 1), (1, 7), (6, 1), (3, 9), (8, 7)]


def slow_pairs(height, width, radius):
    """Every pair closer than the radius, once, first pixel first."""
    pixels = [(y, x) for y in range(height) for x in range(width)]
    return [
        (p, q)
        for i, p in enumerate(pixels)
        for q in pixels[i + 1 :]
        if (p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 < radius**2
    ]


def test_half_a_disc_of_the_papers_radius():
    offsets = half_disc(5)
    assert len(offsets) == len(set(offsets)) == 34
    assert (3, 4) not in offsets and (4, 2) in offsets  # below 5, not at it
    assert not {(-y, -x) for y, x in offsets} & set(offsets)
    assert half_disc(1.5) == [(0, 1), (1, -1), (1, 0), (1, 1)]


@pytest.mark.parametrize('radius', [1.5, 2, 5])
@pytest.mark.parametrize('size', SIZES)
def test_views_meet_each_pair_once(size, radius):
    height, width = size
    index = torch.arange(height * width).view(height, width)
    found = []
    for offset in half_disc(radius):
        first, second = pair_views(index, offset)
        assert first.shape == second.shape
        found += zip(first.flatten().tolist(), second.flatten().tolist(), strict=True)
    expected = [
        (p[0] * width + p[1], q[0] * width + q[1]) for p, q in slow_pairs(height, width, radius)
    ]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize('size', SIZES)
def test_affinities_of_all_pairs(size):
    features = torch.randn(2, 3, *size, dtype=torch.float64)
    affinities = pair_affinities(features, 3)
    expected = torch.zeros_like(affinities)
    for p, q in slow_pairs(*size, 3):
        k = half_disc(3).index((q[0] - p[0], q[1] - p[1]))
        for b in range(2):
            far = [abs(features[b, c][p] - features[b, c][q]) for c in range(3)]
            expected[b, k][p] = (-sum(far) / 3).exp()
    torch.testing.assert_close(affinities, expected)


def test_gradient():
    features = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: pair_affinities(x, 3), features)


def test_equal_pixels_are_wholly_alike():
    affinities = pair_affinities(torch.full((1, 4, 6, 6), 2.5), 5)
    assert set(affinities.unique().tolist()) == {0.0, 1.0}
    there = second_pixels(torch.ones(6, 6), 5, outside=0)
    assert torch.equal(affinities[0], there)


def test_second_pixels():
    values = torch.tensor([[1, 2], [3, 4]])
    pairs = second_pixels(values, 1.5, outside=9)
    assert pairs.tolist() == [  # right, lower left, below, lower right
        [[2, 9], [4, 9]],
        [[9, 3], [9, 9]],
        [[3, 4], [9, 9]],
        [[4, 9], [9, 9]],
    ]
