import sys

import numpy as np
import pytest

from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile
from ppl_mm.refine import DenseCRF, RefinerChain, Scores
from ppl_mm.refine.dense_crf import PRESETS, dense_crf
from ppl_mm.refine.label_rules import Agreement, Strongest
from ppl_mm.registry import REFINERS

# Recipe: iterations; sxy, compat; sxy, srgb, compat; unary.
PUBLISHED = dict(
    psa=(10, 3, 3, 80, 13, 10, 'scores'),
    irn=(10, 3, 3, 50, 5, 10, 'labels'),
    deeplab_v2=(10, 1, 3, 67, 3, 4, 'scores'),
    deeplab_v1=(1, 3, 3, 32, 13, 10, 'scores'),
)


@pytest.fixture
def disc():
    """A disc on a ground, and blurred scores that lie beside it."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:18, :22]
    inside = (y - 8) ** 2 + (x - 9) ** 2 < 36
    image = np.where(inside[..., None], (200, 80, 40), (60, 120, 160))
    image = (image + rng.normal(0, 2, image.shape)).round().clip(0, 255)
    values = np.stack(
        [
            np.full(inside.shape, 0.4),
            0.9 * np.exp(-((y - 6) ** 2 + (x - 12) ** 2) / 60),
            0.5 * np.exp(-((y - 15) ** 2 + (x - 3) ** 2) / 40),
        ]
    )
    values = (values + rng.normal(0, 0.03, values.shape)).clip(0, 1)
    return image.astype(np.uint8), Scores(values, [6, 2]), inside


def mean_field(image, scores, iterations, gaussian, bilateral, unary, gt_prob):
    """Of all pairs of pixels, with their exact kernels."""
    channels, height, width = scores.shape
    place = np.stack(np.mgrid[:height, :width], -1).reshape(-1, 2)
    colour = image.reshape(-1, 3).astype(float)
    kernels = [
        gaussian['compat'] * kernel(place / gaussian['sxy']),
        bilateral['compat']
        * kernel(np.hstack([place / bilateral['sxy'], colour / bilateral['srgb']])),
    ]
    flat = scores.reshape(channels, -1).astype(float)
    if unary == 'labels':
        labels = flat.argmax(axis=0)
        flat = np.full_like(flat, (1 - gt_prob) / (channels - 1))
        flat[labels, range(len(labels))] = gt_prob
    evidence = np.log(flat.clip(1e-5, 1))
    marginals = softmax(evidence)
    for _ in range(iterations):
        marginals = softmax(evidence + sum(marginals @ kernel for kernel in kernels))
    return marginals.reshape(scores.shape)


def kernel(features):
    """Gaussian, normalized on both sides as pydensecrf does by default."""
    distance = ((features[:, None] - features[None]) ** 2).sum(-1)
    weights = np.exp(-distance / 2)
    root = np.sqrt(weights.sum(axis=1))
    return weights / root / root[:, None]


def softmax(energy):
    weights = np.exp(energy - energy.max(axis=0))
    return weights / weights.sum(axis=0)


@pytest.mark.parametrize('preset', PUBLISHED)
def test_a_preset_is_what_was_published(preset):
    iterations, near, weight, *bilateral, unary = PUBLISHED[preset]
    assert DenseCRF(preset).settings == dict(
        iterations=iterations,
        gaussian=dict(sxy=near, compat=weight),
        bilateral=dict(zip(['sxy', 'srgb', 'compat'], bilateral, strict=True)),
        unary=unary,
        gt_prob=0.7,
    )
    assert set(PRESETS) == set(PUBLISHED)


@pytest.mark.parametrize(
    'settings',
    [
        *(dict(preset=preset) for preset in PUBLISHED),
        dict(iterations=0),
        dict(iterations=1),
        dict(iterations=2, scale=4),
        dict(preset='irn', iterations=1, gt_prob=0.9, bilateral=dict(srgb=13)),
        dict(iterations=1, bilateral=dict(compat=0)),
        dict(iterations=1, gaussian=dict(compat=0), bilateral=dict(srgb=30)),
    ],
)
def test_like_the_mean_field_of_all_pairs(disc, settings):
    image, scores, _ = disc
    crf = DenseCRF(**settings)
    refined = crf(image, scores)
    expected = mean_field(image, scores.values, **crf.settings)
    # pydensecrf approximates the kernels.
    assert abs(refined.values - expected).mean() < 3e-3
    assert abs(refined.values - expected).max() < 0.04
    agree = refined.values.argmax(axis=0) == expected.argmax(axis=0)
    assert agree.mean() > 0.99
    assert refined.class_ids.tolist() == [6, 2] and refined.has_background


def test_labels_follow_the_edges_of_the_image(disc):
    image, scores, inside = disc
    before = scores.values.argmax(axis=0)
    after = DenseCRF()(image, scores).values.argmax(axis=0)
    np.testing.assert_array_equal(after, inside)
    assert (before != inside).mean() > 0.2


def test_probabilities(disc):
    image, scores, _ = disc
    for preset in PRESETS:
        values = DenseCRF(preset)(image, scores).values
        assert values.dtype == np.float32 and values.shape == (3, 18, 22)
        assert values.min() >= 0 and values.max() <= 1
        np.testing.assert_allclose(values.sum(axis=0), 1, atol=1e-6)


def test_a_single_value_is_replaced():
    settings = DenseCRF(
        'psa', iterations=5, gaussian=dict(sxy=1), bilateral=dict(srgb=5), unary='labels'
    ).settings
    assert settings == dict(
        iterations=5,
        gaussian=dict(sxy=1, compat=3),
        unary='labels',
        bilateral=dict(sxy=80, srgb=5, compat=10),
        gt_prob=0.7,
    )
    assert PRESETS['psa']['bilateral']['srgb'] == 13


def test_smaller_images_have_smaller_distances():
    settings = DenseCRF('psa', scale=4).settings
    assert settings['gaussian'] == dict(sxy=0.75, compat=3)
    assert settings['bilateral'] == dict(sxy=20, srgb=13, compat=10)


def test_a_single_pixel_keeps_its_order():
    values = np.array([0.3, 0.2, 0.5]).reshape(3, 1, 1)
    refined = DenseCRF()(np.zeros((1, 1, 3), np.uint8), Scores(values, [0, 1]))
    assert refined.values.ravel().argsort().tolist() == [1, 0, 2]


def test_no_class_no_change(disc):
    image, scores, _ = disc
    alone = Scores(scores.values[:1], [])
    np.testing.assert_array_equal(DenseCRF()(image, alone).values, alone.values)


def test_all_zero_maps_stay_background(disc):
    image, scores, _ = disc
    zero = Scores(np.stack([np.full(scores.size, 0.1)] + [np.zeros(scores.size)] * 2), [0, 1])
    for preset in PRESETS:
        assert not DenseCRF(preset)(image, zero).values.argmax(axis=0).any()


def test_an_image_in_any_memory_layout(disc):
    image, scores, _ = disc
    expected = dense_crf(image, scores.values, **PRESETS['psa'])
    turned = dense_crf(image[:, ::-1], scores.values[..., ::-1], **PRESETS['psa'])
    # The lattice is not symmetric, but the labels are.
    np.testing.assert_array_equal(turned.argmax(axis=0)[:, ::-1], expected.argmax(axis=0))
    copied = dense_crf(np.asfortranarray(image), scores.values, **PRESETS['psa'])
    np.testing.assert_array_equal(copied, expected)


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(preset='voc'), "preset='voc' is not one of psa, irn, deeplab_v2, dee"),
        (dict(iterations=-1), 'iterations=-1'),
        (dict(gaussian=dict(srgb=3)), 'gaussian has no srgb; it has sxy, compat'),
        (dict(bilateral=dict(rgb=3)), 'bilateral has no rgb'),
        (dict(bilateral=dict(srgb=0)), 'bilateral srgb=0'),
        (dict(gaussian=dict(compat=-1)), 'gaussian compat=-1'),
        (dict(unary='logits'), "unary='logits' is not one of scores, labels"),
        (dict(gt_prob=1), 'gt_prob=1'),
        (dict(scale=0), 'scale=0'),
    ],
)
def test_settings_that_make_no_sense(settings, message):
    with pytest.raises(UserError, match=message):
        REFINERS.build(dict(type='ppl_mm.DenseCRF', **settings))


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, 'pydensecrf', None)
    with pytest.raises(UserError, match='pip install pydensecrf2') as caught:
        DenseCRF()
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('share, helps', [(1.0, True), (0.5, True), (0.3, False), (0.0, False)])
def test_a_class_keeps_a_part_of_its_pixels(share, helps):
    values = np.zeros((3, 10, 10), np.float32)
    values[1], values[2, :2] = 0.5, 1
    after = values.copy()
    after[2, :, round(10 * share) :] = 0
    before, after = (Scores(one, np.array([4, 7]), has_background=True) for one in (values, after))
    assert DenseCRF(kept=0.4).helps(before, after) is helps
    assert DenseCRF().helps(before, after)


@pytest.mark.parametrize('tiles', [False, True])
def test_a_chain_takes_nothing_of_a_step_that_erases_a_class(tiles):
    cam = np.zeros((1, 160, 200), np.float16)
    cam[0, 5:9, 5:9] = 1
    maps, image = CamFile([0], cam, (160, 200)), np.full((160, 200, 3), 90, np.uint8)
    cut = dict(type='ppl_mm.ConstantBackground', threshold=0.5)
    crf = dict(type='ppl_mm.DenseCRF', preset='irn', scale=10, kept=0.3)
    size = 16_384 if tiles else 10**6
    alone = RefinerChain([cut], max_pixels=size, tiles=tiles)(image, maps)
    assert np.array_equal(RefinerChain([cut, crf], None, size, tiles)(image, maps), alone)
    whole = RefinerChain([cut, dict(crf, kept=0.0)], None, size, tiles)(image, maps)
    assert not np.array_equal(whole, alone)


def test_chains_that_agree_take_nothing_of_it_as_well(disc):
    image, scores, _ = disc

    def label(kept):
        chain = [dict(type='ppl_mm.DenseCRF', preset='irn', scale=10, kept=kept)]
        return Agreement([chain, chain])(image, scores)

    alone = Strongest()(image, scores)
    assert np.array_equal(label(1.0), alone) and not np.array_equal(label(0.0), alone)


@pytest.mark.parametrize('kept', [-0.1, 1.5, float('nan')])
def test_a_part_is_one(kept):
    with pytest.raises(UserError, match='kept=.* must be in 0..1'):
        DenseCRF(kept=kept)
