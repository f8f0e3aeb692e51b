"""What holds for every refiner that needs no files."""

import warnings

import numpy as np
import pytest

from ppl_mm.refine import Scores
from ppl_mm.registry import REFINERS

STEPS = dict(
    constant=dict(type='ppl_mm.ConstantBackground', threshold=0.3),
    alpha=dict(type='ppl_mm.AlphaBackground', alpha=3),
    renormalize=dict(type='ppl_mm.Renormalize'),
    pamr=dict(type='ppl_mm.PAMR', iterations=2, dilations=(1, 3)),
    **{
        preset: dict(type='ppl_mm.DenseCRF', preset=preset)
        for preset in ('psa', 'irn', 'deeplab_v2', 'deeplab_v1')
    },
)


@pytest.fixture(params=STEPS)
def refiner(request):
    return REFINERS.build(dict(STEPS[request.param]))


def sample(n=3, size=(12, 15)):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*size, 3), np.uint8)
    values = rng.random((1 + n, *size), np.float32)
    return image, Scores(values, np.arange(n) * 2)


@pytest.mark.parametrize('size', [(12, 15), (1, 1), (1, 15), (12, 1)])
@pytest.mark.parametrize('n', [0, 1, 3])
def test_range_and_shape(refiner, n, size):
    image, scores = sample(n, size)
    refined = refiner(image, scores)
    assert refined.values.shape == (1 + n, *size)
    assert refined.values.dtype == np.float32
    assert refined.values.min() >= 0 and refined.values.max() <= 1
    assert refined.class_ids.tolist() == scores.class_ids.tolist()


def test_the_order_of_classes_does_not_matter(refiner):
    image, scores = sample()
    order = [2, 0, 1]
    channels = [0] + [1 + k for k in order]
    permuted = refiner(image, Scores(scores.values[channels], scores.class_ids[order]))
    np.testing.assert_allclose(permuted.values, refiner(image, scores).values[channels], atol=1e-3)


def test_an_argument_is_left_as_it_is(refiner):
    image, scores = sample()
    expected = refiner(image, scores)
    # As Pillow's are; writing into them would raise, a warning too.
    image.flags.writeable = scores.values.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        refined = refiner(image, scores)
    np.testing.assert_array_equal(refined.values, expected.values)


def test_the_same_again(refiner):
    image, scores = sample()
    first = refiner(image, scores)
    refiner(*sample(1, (5, 5)))
    np.testing.assert_array_equal(refiner(image, scores).values, first.values)


@pytest.mark.parametrize('image', [(12, 14, 3), (15, 12, 3), (12, 15), (12, 15, 1), (12, 15, 4)])
def test_an_image_that_does_not_fit(refiner, image):
    _, scores = sample()
    with pytest.raises(ValueError, match='does not fit'):
        refiner(np.zeros(image, np.uint8), scores)
    with pytest.raises(ValueError, match='expect uint8'):
        refiner(np.zeros((12, 15, 3)), scores)


@pytest.mark.parametrize('name', ['psa', 'pamr'])
def test_one_colour_and_equal_scores_keep_their_label(name):
    refiner = REFINERS.build(dict(STEPS[name]))
    values = np.ones((3, 9, 9)) * np.array([0.3, 0.6, 0.2])[:, None, None]
    refined = refiner(np.full((9, 9, 3), 90, np.uint8), Scores(values, [0, 1]))
    assert (refined.values.argmax(axis=0) == 1).all()
