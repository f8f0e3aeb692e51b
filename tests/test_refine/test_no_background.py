"""Chains on images whose every pixel belongs to a class."""

import numpy as np
import pytest

from ppl_mm.apis.refining.image_refiner import refine_image
from ppl_mm.cams import label_from_cam
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile
from ppl_mm.refine import IgnoreBand, PerClassThreshold, RefinerChain, Scores, Strongest

SIZE = (24, 32)
STEPS = {
    'a constant': [dict(type='ppl_mm.ConstantBackground', threshold=0.9)],
    'a power': [dict(type='ppl_mm.AlphaBackground', alpha=1)],
    'renormalized': [dict(type='ppl_mm.Renormalize')],
    'PAMR': [
        dict(type='ppl_mm.ConstantBackground', threshold=0.9),
        dict(type='ppl_mm.PAMR', iterations=2, dilations=(1, 2)),
    ],
    'CRF': [
        dict(type='ppl_mm.ConstantBackground', threshold=0.9),
        dict(type='ppl_mm.DenseCRF', preset='irn'),
    ],
}


@pytest.fixture
def halves():
    """Two textures side by side, and maps that meet a little beside their border."""
    rng = np.random.default_rng(0)
    image = np.full((*SIZE, 3), 60, np.uint8)
    image[:, 16:] = 190
    image += rng.integers(0, 9, image.shape).astype(np.uint8)
    ramp = np.linspace(0.05, 1, SIZE[1], dtype=np.float32)
    maps = np.stack([np.tile(ramp[::-1], (SIZE[0], 1)), np.tile(ramp**1.3, (SIZE[0], 1))])
    return image, CamFile([5, 2], maps, SIZE)


@pytest.mark.parametrize('name', STEPS)
def test_every_pixel_gets_one_of_the_classes(halves, name):
    if name == 'CRF':
        pytest.importorskip('pydensecrf')
    image, cams = halves
    label, _ = refine_image(RefinerChain(STEPS[name], background=False), image, cams)
    assert set(np.unique(label)) == {3, 6}
    if name in ('PAMR', 'CRF'):  # the border moves to that of the textures
        raw = label_from_cam(cams, 0, background=False)
        truth = np.where(np.arange(SIZE[1]) < 16, 6, 3) + np.zeros(SIZE, int)
        assert (label != truth).mean() < (raw != truth).mean()
    else:
        np.testing.assert_array_equal(label, label_from_cam(cams, 0, background=False))


@pytest.mark.parametrize('name', STEPS)
def test_the_only_class_is_everywhere_and_nothing_is_made_up(halves, name):
    if name == 'CRF':
        pytest.importorskip('pydensecrf')
    image, cams = halves
    chain = RefinerChain(STEPS[name], background=False)
    only = CamFile([5], cams.cam[1:], SIZE)
    assert set(np.unique(refine_image(chain, image, only)[0])) == {6}
    silent = CamFile([5, 2], 0 * cams.cam, SIZE)
    assert set(np.unique(refine_image(chain, image, silent)[0])) == {255}


def test_pixels_between_two_classes_are_void_by_a_small_lead(halves):
    image, cams = halves
    chain = RefinerChain([], dict(type='ppl_mm.Strongest', lead=0.2), background=False)
    label = chain(image, cams)
    apart = np.abs(cams.cam[0] - cams.cam[1]) >= np.float32(0.2)
    expected = np.where(apart, label_from_cam(cams, 0, background=False), 255)
    np.testing.assert_array_equal(label, expected)
    assert 0 < (label == 255).mean() < 0.5
    assert not (RefinerChain([], background=False)(image, cams) == 255).any()
    with pytest.raises(UserError, match=r'lead=2 must be in 0\.\.1'):
        Strongest(lead=2)


@pytest.mark.parametrize('rule', [IgnoreBand(0.3, 0.6), PerClassThreshold([0.6] * 6)])
def test_what_is_background_elsewhere_is_void(halves, rule):
    image, cams = halves
    label = rule(image, Scores.from_cam(cams, background=False))
    with_one = rule(image, Scores.from_cam(cams))
    np.testing.assert_array_equal(label, np.where(with_one == 0, 255, with_one))
