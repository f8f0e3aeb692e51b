import numpy as np
import pytest

from ppl_mm.errors import UserError
from ppl_mm.refine import AlphaBackground, ConstantBackground, Renormalize, Scores, Strongest

IMAGE = np.zeros((5, 6, 3), np.uint8)


def make(n=2, has_background=False, scale=1.0):
    values = np.random.default_rng(n).random((1 + n, 5, 6)) * scale
    values[0] *= has_background
    return Scores(values, np.arange(n) + 3, has_background)


@pytest.mark.parametrize('n', [0, 1, 3])
def test_a_constant(n):
    scores = make(n)
    refined = ConstantBackground(0.3)(IMAGE, scores)
    assert refined.has_background
    assert (refined.values[0] == np.float32(0.3)).all()
    np.testing.assert_array_equal(refined.foreground, scores.foreground)
    assert not scores.values[0].any()  # the argument is as it was


@pytest.mark.parametrize(
    'threshold, factor, score', [(0.4, 1.5, 0.6), (0.4, 0.5, 0.2), (0.8, 1.5, 0.95), (0, 2, 0)]
)
def test_a_constant_times_a_factor(threshold, factor, score):
    refined = ConstantBackground(threshold, factor)(IMAGE, make())
    assert np.allclose(refined.values[0], score)


@pytest.mark.parametrize('factor', [1, 1.5, 0.5])
def test_a_constant_for_each_class(factor):
    scores = make()  # of classes 3 and 4
    refined = ConstantBackground([0, 0, 0, 0.2, 0.7], factor)(IMAGE, scores)
    for values, before, cut in zip(refined.foreground, scores.foreground, (0.2, 0.7), strict=True):
        above = before > np.float32(min(cut * factor, 0.95) if factor != 1 else cut)
        np.testing.assert_array_equal(values > refined.values[0], above)


def test_too_few_constants_for_the_classes_of_the_maps():
    with pytest.raises(UserError, match='has 2 numbers, but the maps have class id 4'):
        ConstantBackground([0.2, 0.7])(IMAGE, make())
    assert ConstantBackground([0.2, 0.7])(IMAGE, make(0)).has_background


@pytest.mark.parametrize('factor', [0, -1, float('nan'), float('inf')])
def test_a_factor_that_is_none(factor):
    with pytest.raises(UserError, match='factor=.* must be above 0'):
        ConstantBackground(0.3, factor)


@pytest.mark.parametrize('alpha', [1, 4, 16.5])
def test_a_power_of_what_no_class_claims(alpha):
    scores = make(3)
    refined = AlphaBackground(alpha)(IMAGE, scores)
    for y, x in np.ndindex(5, 6):
        expected = (1 - max(scores.values[1:, y, x])) ** alpha
        assert refined.values[0, y, x] == pytest.approx(expected, rel=1e-5)
    np.testing.assert_array_equal(refined.foreground, scores.foreground)


def test_a_power_cuts_as_the_threshold_that_solves_it():
    alpha, low, high = 4, 0.0, 1.0
    for _ in range(60):  # t = (1 - t) ** alpha, by halving
        middle = (low + high) / 2
        low, high = (middle, high) if middle < (1 - middle) ** alpha else (low, middle)
    label = Strongest()
    np.testing.assert_array_equal(
        label(IMAGE, AlphaBackground(alpha)(IMAGE, make(3))),
        label(IMAGE, ConstantBackground(low)(IMAGE, make(3))),
    )


def test_no_class_leaves_the_background_alone():
    assert (AlphaBackground(4)(IMAGE, make(0)).values == 1).all()


def test_all_zero_maps_are_background():
    zero = Scores(np.zeros((3, 5, 6)), [0, 1], False)
    for step in (AlphaBackground(16), ConstantBackground(0.1)):
        refined = step(IMAGE, Renormalize()(IMAGE, zero))
        assert not Strongest()(IMAGE, refined).any()


def test_each_class_gets_a_peak_again_and_the_background_goes():
    scores = make(2, has_background=True, scale=0.4)
    refined = Renormalize()(IMAGE, scores)
    assert not refined.has_background and not refined.values[0].any()
    assert refined.foreground.max(axis=(1, 2)).tolist() == [1, 1]
    for before, after in zip(scores.foreground, refined.foreground, strict=True):
        np.testing.assert_allclose(after, before / before.max(), rtol=1e-6)
    assert Renormalize()(IMAGE, make(0)).values.shape == (1, 5, 6)


@pytest.mark.parametrize(
    'make_it',
    [
        lambda: ConstantBackground(1.1),
        lambda: ConstantBackground(-0.1),
        lambda: AlphaBackground(0),
        lambda: AlphaBackground(float('nan')),
    ],
)
def test_values_out_of_range(make_it):
    with pytest.raises(UserError, match='must be'):
        make_it()
