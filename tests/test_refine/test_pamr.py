import pickle

import numpy as np
import pytest
import torch

from ppl_mm.errors import UserError
from ppl_mm.refine import PAMR, Scores
from ppl_mm.refine.pamr import pamr
from ppl_mm.registry import REFINERS


def slow(image, scores, iterations, dilations):
    """Pixel by pixel in float64: image (K, H, W), scores (C, H, W)."""
    image, scores = image.astype(float), scores.astype(float)
    height, width = image.shape[1:]

    def at(y, x):
        return min(max(y, 0), height - 1), min(max(x, 0), width - 1)

    steps = [(d * dy, d * dx) for d in dilations for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    for _ in range(iterations):
        refined = np.zeros_like(scores)
        for y, x in np.ndindex(height, width):
            around = [at(y + dy, x + dx) for dy, dx in steps]
            spread = np.std([image[:, v, u] for v, u in around], axis=0, ddof=1)
            others = [place for place, step in zip(around, steps, strict=True) if step != (0, 0)]
            nearness = np.exp(
                [
                    -np.mean(abs(image[:, v, u] - image[:, y, x]) / (1e-8 + 0.1 * spread))
                    for v, u in others
                ]
            )
            for share, (v, u) in zip(nearness / nearness.sum(), others, strict=True):
                refined[:, y, x] += share * scores[:, v, u]
        scores = refined
    return scores


def sample(size=(6, 8), batch=2, channels=3, colours=3):
    rng = np.random.default_rng(0)
    images = rng.random((batch, colours, *size), np.float32)
    images[..., size[1] // 2 :] = 0.25  # a flat half: no spread in places
    return images, rng.random((batch, channels, *size), np.float32)


@pytest.mark.parametrize('size', [(6, 8), (1, 1), (1, 9), (9, 1)])
@pytest.mark.parametrize(
    'iterations, dilations', [(1, (1,)), (3, (1, 2)), (2, (4, 1, 13)), (0, (1,))]
)
def test_like_the_sum_pixel_by_pixel(size, iterations, dilations):
    images, scores = sample(size)
    refined = pamr(
        torch.from_numpy(images), torch.from_numpy(scores), iterations, dilations
    ).numpy()
    for image, before, after in zip(images, scores, refined, strict=True):
        np.testing.assert_allclose(after, slow(image, before, iterations, dilations), atol=1e-5)


def test_any_number_of_colours():
    images, scores = sample(colours=1)
    refined = pamr(torch.from_numpy(images), torch.from_numpy(scores), 2, [1])
    np.testing.assert_allclose(refined[1].numpy(), slow(images[1], scores[1], 2, [1]), atol=1e-5)


def test_colours_on_any_scale():
    images, scores = map(torch.from_numpy, sample())
    torch.testing.assert_close(pamr(images, scores), pamr(images * 255, scores), atol=1e-5, rtol=0)


def test_one_image_is_refined_as_in_a_batch():
    images, scores = map(torch.from_numpy, sample(batch=3))
    together = pamr(images, scores)
    for k in range(3):
        torch.testing.assert_close(pamr(images[k : k + 1], scores[k : k + 1]), together[k : k + 1])


def test_an_image_of_one_colour_is_blurred():
    _, scores = sample(batch=1)
    plain = torch.full((1, 3, 6, 8), 0.7)
    refined = pamr(plain, torch.from_numpy(scores), 1, (1,))
    padded = np.pad(scores[0], [(0, 0), (1, 1), (1, 1)], mode='edge')
    for y, x in np.ndindex(6, 8):
        window = padded[:, y : y + 3, x : x + 3].sum(axis=(1, 2))
        np.testing.assert_allclose(
            refined[0, :, y, x], (window - scores[0, :, y, x]) / 8, atol=1e-6
        )


def test_scores_stay_on_their_side_of_an_edge():
    image = np.zeros((16, 16, 3), np.uint8)
    image[:, 8:] = 200
    values = np.zeros((2, 16, 16))
    values[1, :, :6] = 1  # two columns short of the edge
    refined = PAMR(dilations=(1, 2, 4))(image, Scores(values, [0])).values[1]
    # Pixels with all of their spread on one side only have themselves.
    assert refined[:, :8].min() > 0.1 and refined[:, 8:].max() < 1e-3


def test_arguments_are_left_as_they_are_and_need_no_gradient():
    images, scores = map(torch.from_numpy, sample())
    scores.requires_grad_()
    before = scores.detach().clone()
    assert not pamr(images, scores).requires_grad
    torch.testing.assert_close(scores.detach(), before)


@pytest.mark.parametrize('shape', [(2, 3, 6, 7), (2, 3, 5, 8), (1, 3, 6, 8)])
def test_images_and_scores_of_different_shape(shape):
    images, _ = sample()
    with pytest.raises(ValueError, match='differ'):
        pamr(torch.from_numpy(images), torch.zeros(shape))


@pytest.mark.parametrize('has_background', [True, False])
def test_the_refiner(has_background):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (6, 8, 3), np.uint8)
    values = rng.random((3, 6, 8), np.float32)
    values[0] *= has_background
    scores = Scores(values, [7, 1], has_background)
    refined = pickle.loads(pickle.dumps(PAMR(2, (1, 3))))(image, scores)
    assert refined.has_background == has_background
    assert refined.class_ids.tolist() == [7, 1]
    np.testing.assert_allclose(
        refined.values, slow(image.transpose(2, 0, 1) / 255, values, 2, (1, 3)), atol=1e-5
    )


def test_scores_of_one_stay_in_range():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (30, 40, 3), np.uint8)
    refined = PAMR()(image, Scores(np.ones((2, 30, 40)), [0]))
    np.testing.assert_allclose(refined.values, 1, atol=1e-5)
    assert refined.values.max() <= 1


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(iterations=-1), 'iterations=-1'),
        (dict(dilations=()), r'dilations=\(\)'),
        (dict(dilations=(1, 0)), r'dilations=\(1, 0\)'),
    ],
)
def test_settings_that_make_no_sense(settings, message):
    with pytest.raises(UserError, match=message):
        REFINERS.build(dict(type='ppl_mm.PAMR', **settings))


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_a_gpu_computes_the_same():
    images, scores = map(torch.from_numpy, sample((30, 40)))
    torch.testing.assert_close(
        pamr(images.cuda(), scores.cuda()).cpu(), pamr(images, scores), atol=1e-5, rtol=0
    )
