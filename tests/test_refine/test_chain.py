import pickle
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile
from ppl_mm.refine import (
    AlphaBackground,
    ConstantBackground,
    IgnoreBand,
    Refiner,
    RefinerChain,
    Renormalize,
    Scores,
    Strongest,
)

CONSTANT = dict(type='ppl_mm.ConstantBackground', threshold=0.3)
CRF = dict(type='ppl_mm.DenseCRF')
PAMR = dict(type='ppl_mm.PAMR', dilations=(1, 2))


def sample(size=(20, 30), n=2):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*size, 3), np.uint8)
    return image, CamFile(np.arange(n)[::-1], rng.random((n, 5, 6)), size)


def test_steps_follow_each_other():
    image, cams = sample()
    chain = RefinerChain(
        [dict(type='ppl_mm.AlphaBackground', alpha=2), dict(type='ppl_mm.Renormalize'), CONSTANT],
        label=dict(type='ppl_mm.IgnoreBand', low=0.3, high=0.6),
    )
    scores = Scores.from_cam(cams)
    for step in (AlphaBackground(2), Renormalize(), ConstantBackground(0.3)):
        scores = step(image, scores)
    np.testing.assert_array_equal(chain.scores(image, cams).values, scores.values)
    expected = IgnoreBand(0.3, 0.6)(image, scores)
    np.testing.assert_array_equal(chain(image, cams), expected)
    label, refined = chain.refine(image, cams)
    np.testing.assert_array_equal(label, expected)
    np.testing.assert_array_equal(refined.values, scores.values)


@pytest.mark.parametrize('size', [(1, 1), (1, 9), (9, 1), (20, 30)])
@pytest.mark.parametrize('n', [0, 1, 3])
def test_every_size_and_number_of_classes(size, n):
    image, cams = sample(size, n)
    label = RefinerChain([PAMR, CONSTANT, CRF])(image, cams)
    assert label.shape == size and label.dtype == np.uint8
    assert set(np.unique(label)) <= set(range(n + 1))


def test_a_large_image_is_refined_at_a_smaller_size():
    image, cams = sample((80, 120))
    steps = [dict(type='ppl_mm.PAMR', dilations=(1,)), CONSTANT, CRF]
    chain = RefinerChain(steps, max_pixels=1000)
    label, scores = chain.refine(image, cams)
    height, width = scores.size
    assert 800 < height * width <= 1000
    assert width / height == pytest.approx(120 / 80, rel=0.1)
    assert label.shape == (80, 120)
    assert chain.scores(image, cams).size == (80, 120)
    # The same as refining a small image, enlarged.
    small = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))
    expected = RefinerChain(steps)(small, replace(cams, size=scores.size))
    rows = np.floor((np.arange(80) + 0.5) * height / 80).astype(int)
    columns = np.floor((np.arange(120) + 0.5) * width / 120).astype(int)
    np.testing.assert_array_equal(label, expected[rows][:, columns])


def test_an_image_of_the_limit_is_refined_as_it_is():
    image, cams = sample()
    assert RefinerChain([CONSTANT], max_pixels=600).refine(image, cams)[1].size == (20, 30)


@pytest.mark.parametrize('size', [(30, 20), (20, 29)])
def test_maps_of_another_size(size):
    image, cams = sample()
    with pytest.raises(ValueError, match='export it again'):
        RefinerChain([CONSTANT])(image, replace(cams, size=size))


def test_a_crf_without_a_background():
    with pytest.raises(UserError, match='DenseCRF needs scores with a back'):
        RefinerChain([CRF])(*sample())


@pytest.mark.parametrize(
    'refiners, label, message',
    [
        ([dict(type='ppl_mm.Nothing')], None, r'refiners\.0: .*ppl_mm.Nothing'),
        ([dict(threshold=0.3)], None, r'refiners\.0: .*type'),
        ([dict(type='ppl_mm.AlphaBackground')], None, r'refiners\.0: .*alpha'),
        (
            [dict(type='ppl_mm.PAMR', threshold=0.2), CONSTANT],
            None,
            r"refiners\.0: threshold: ppl_mm.PAMR takes no 'threshold'; did you mean refiners.1",
        ),
        ([dict(CONSTANT, colour=3)], None, r'refiners\.0: .*colour'),
        ([dict(CONSTANT, threshold=3)], None, 'threshold=3 must be in 0..1'),
        ([dict(CONSTANT, threshold='a')], None, "threshold='a' must be a list or a number"),
        ([dict(CONSTANT, threshold=[0.3, 3])], None, r'threshold=\[0.3, 3\] must be in 0..1'),
        ([dict(CONSTANT, threshold=[0.3, 'a'])], None, 'must be in 0..1'),
        ([], dict(type='ppl_mm.Nothing'), 'label: .*ppl_mm.Nothing'),
    ],
)
def test_parts_that_cannot_be_built(refiners, label, message):
    with pytest.raises(UserError, match=message) as caught:
        RefinerChain(refiners, label)
    assert '\n' not in str(caught.value)


def test_a_bound_on_memory_that_makes_no_sense():
    with pytest.raises(UserError, match='max_pixels=0'):
        RefinerChain([CONSTANT], max_pixels=0)


def test_a_chain_can_be_sent_to_a_worker():
    image, cams = sample()
    chain = RefinerChain([PAMR, CONSTANT, CRF])
    sent = pickle.loads(pickle.dumps(chain))
    np.testing.assert_array_equal(sent(image, cams), chain(image, cams))


def test_a_refiner_that_changes_the_shape_is_a_mistake():

    class Crop(Refiner):
        needs_background = False

        def refine(self, image, scores):
            return replace(scores, values=scores.values[:, 1:])

    image, cams = sample()
    with pytest.raises(RuntimeError, match='ppl_mm.Crop'):
        Crop()(image, Scores.from_cam(cams))


def test_strongest_is_the_default():
    image, cams = sample()
    scores = ConstantBackground(0.3)(image, Scores.from_cam(cams))
    np.testing.assert_array_equal(RefinerChain([CONSTANT])(image, cams), Strongest()(image, scores))
