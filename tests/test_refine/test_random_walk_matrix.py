"""The random walk, against squaring its matrix in the obvious way."""

import time

import numpy as np
import pytest
import torch
from test_refine.dense_walk import dense_walk

from ppl_mm.models.affinity.neighbourhood import half_disc, pair_affinities, second_pixels
from ppl_mm.refine.random_walk import _chebyshev_coefficients, random_walk


def made_affinities(size, radius=5, smooth=True):
    features = torch.randn(1, 6, *size)
    if smooth:
        features = 0.2 * features.cumsum(dim=2).cumsum(dim=3)
    return pair_affinities(features, radius)[0]


@pytest.mark.parametrize('beta', [1, 8, 10])
@pytest.mark.parametrize('steps_log2', [0, 1, 3, 8])
@pytest.mark.parametrize(
    'size, radius', [((9, 11), 5), ((3, 14), 5), ((8, 8), 2), ((1, 1), 5), ((1, 6), 3)]
)
def test_it_is_the_squared_matrix(size, radius, steps_log2, beta):
    scores = torch.rand(3, *size)
    affinities = made_affinities(size, radius, smooth=beta > 1)
    expected = dense_walk(scores, affinities, radius, beta, steps_log2)
    walked = random_walk(scores, affinities, radius, beta, steps_log2)
    assert walked.dtype == torch.float32
    error = (walked - expected).abs() / expected.abs()
    assert error.max() <= 1e-5


@pytest.mark.parametrize('power', [1, 2, 8, 64, 256, 4096])
def test_the_sum_of_polynomials_is_the_power(power):
    coefficients = _chebyshev_coefficients(power)
    x = np.linspace(-1, 1, 1001)
    total = np.polynomial.chebyshev.chebval(x, coefficients)
    assert abs(total - x**power).max() < 3e-7
    assert len(coefficients) <= power + 1
    if power == 256:
        assert len(coefficients) == 85


def test_an_even_map_stays_as_it_is():
    scores = torch.tensor([0.0, 0.3, 1.0])[:, None, None].expand(3, 9, 8)
    walked = random_walk(scores, made_affinities((9, 8)))
    torch.testing.assert_close(walked, scores, rtol=0, atol=1e-6)


def test_values_stay_between_the_extremes_and_channels_apart():
    scores = torch.rand(2, 12, 9) * 0.5 + 0.25
    affinities = made_affinities((12, 9))
    walked = random_walk(scores, affinities)
    for before, after in zip(scores, walked, strict=True):
        assert after.min() >= before.min() - 1e-6
        assert after.max() <= before.max() + 1e-6
        assert torch.equal(random_walk(before[None], affinities)[0], after)
    assert walked.std() < 0.9 * scores.std()


def test_mass_is_kept_if_pixels_are_weighted_by_their_affinities():
    scores, affinities = torch.rand(3, 8, 7), made_affinities((8, 7))
    weights = affinities.double() ** 10
    degree = 1 + weights.sum(0)  # of the pairs where it is the first
    for k, offset in enumerate(half_disc(5)):
        for y, x in np.ndindex(8, 7):
            if weights[k, y, x]:
                degree[y + offset[0], x + offset[1]] += weights[k, y, x]
    mass = (scores * degree).sum((1, 2))
    walked = random_walk(scores, affinities)
    torch.testing.assert_close((walked * degree).sum((1, 2)), mass)


def test_nothing_crosses_a_border_and_a_region_becomes_even():
    features = torch.zeros(1, 1, 10, 12)
    features[..., 5:] = 1e6
    scores = torch.zeros(1, 10, 12)
    scores[0, 2:4, 1:3] = 1
    affinities = pair_affinities(features, 5)[0]
    walked = random_walk(scores, affinities, steps_log2=12)[0]
    assert (walked[:, 5:] == 0).all()
    region = walked[:, :5]
    assert region.max() - region.min() < 1e-4
    assert 0.05 < region.mean() < 0.12  # 4 of 50, by their neighbours


def test_a_map_that_no_matrix_could_be_made_of():
    size = (250, 260)  # the matrix would have 17 GB
    start = time.process_time()
    walked = random_walk(torch.rand(1, *size), torch.rand(34, *size))
    assert walked.isfinite().all()
    assert time.process_time() - start < 30


def test_affinities_of_another_radius():
    with pytest.raises(ValueError, match=r'expect \(34, H, W\)'):
        random_walk(torch.rand(1, 4, 4), torch.rand(4, 4, 4))


def test_second_pixels_stand_where_affinities_do():
    """What the degree above relies on: 0 where there is no second pixel."""
    there = second_pixels(torch.ones(8, 7), 5, outside=0)
    assert ((made_affinities((8, 7)) > 0) == (there > 0)).all()
