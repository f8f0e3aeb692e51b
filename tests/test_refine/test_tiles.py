"""Refinement in tiles, beside refinement of the whole image."""

import numpy as np
import pytest
import torch

from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile
from ppl_mm.refine import PAMR, RefinerChain, Renormalize

CONSTANT = dict(type='ppl_mm.ConstantBackground', threshold=0.3)
PAMR_STEP = dict(type='ppl_mm.PAMR', dilations=(1, 2))  # sees 20 pixels
# At a tenth of VOC's size: sees 24 pixels.
CRF = dict(type='ppl_mm.DenseCRF', scale=10)
SIZE, TILE = (230, 315), 136 * 136


@pytest.fixture(scope='module')
def scene():
    """A drawn image: two discs on a striped ground, and maps that lie about on them."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    discs = [(rows - y) ** 2 + (columns - x) ** 2 < 60**2 for y, x in ((90, 70), (120, 230))]
    image = np.full((*SIZE, 3), 90, np.uint8)
    image[rows // 8 % 2 == 0] = 120
    image[discs[0]], image[discs[1]] = (220, 40, 30), (30, 60, 220)
    image += np.random.default_rng(0).integers(0, 20, image.shape, np.uint8)
    cells = [disc[::4, ::4] * 0.8 + 0.1 for disc in discs]
    cam = np.stack([np.roll(one, 2, axis=(0, 1)) for one in cells]).astype(np.float32)
    return image, CamFile(np.arange(2), cam, SIZE)


def refined(scene, steps, **options):
    label, scores = RefinerChain([*steps], **options).refine(*scene)
    return label, scores.values


def test_pamr_is_the_same(scene):
    steps = [CONSTANT, PAMR_STEP]
    whole, scores = refined(scene, steps)
    label, in_tiles = refined(scene, steps, max_pixels=TILE, tiles=True)
    np.testing.assert_allclose(in_tiles, scores, atol=1e-6)
    assert np.mean(label != whole) < 1e-4
    small, _ = refined(scene, steps, max_pixels=TILE)
    assert np.mean(small != whole) > 1e-3  # else the image is too simple


def test_a_crf_is_close(scene):
    """docs/refinement.md says: on less than 1 % of the pixels another label."""
    whole, _ = refined(scene, [CONSTANT, CRF])
    label, values = refined(scene, [CONSTANT, CRF], max_pixels=TILE, tiles=True)
    assert values.shape == (3, *SIZE)
    assert np.mean(label != whole) < 0.01
    assert len(np.unique(whole)) == 3


def test_agreement_of_chains_is_in_tiles_too(scene, monkeypatch):
    rule = dict(type='ppl_mm.Agreement', chains=[[CONSTANT, PAMR_STEP], [CONSTANT, CRF]])
    sizes = []
    refine = PAMR.refine
    monkeypatch.setattr(
        PAMR, 'refine', lambda self, *a: sizes.append(a[1].size) or refine(self, *a)
    )
    whole, _ = refined(scene, [], label=rule)
    label, _ = refined(scene, [], label=rule, max_pixels=TILE, tiles=True)
    assert np.mean(label != whole) < 0.01 and 255 in whole
    assert len(sizes) > 4 and max(map(np.prod, sizes[1:])) <= TILE


def test_what_needs_the_whole_image_gets_it(scene, monkeypatch):
    sizes = []
    refine = Renormalize.refine
    monkeypatch.setattr(
        Renormalize, 'refine', lambda self, *a: sizes.append(a[1].size) or refine(self, *a)
    )
    steps = [PAMR_STEP, dict(type='ppl_mm.Renormalize'), CONSTANT]
    whole, _ = refined(scene, steps)
    label, _ = refined(scene, steps, max_pixels=TILE, tiles=True)
    assert sizes == [SIZE, SIZE] and np.mean(label != whole) < 1e-4


def test_a_smaller_image_is_refined_as_ever(scene):
    for one, other in zip(
        refined(scene, [CONSTANT, PAMR_STEP]),
        refined(scene, [CONSTANT, PAMR_STEP], tiles=True),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize('step, least', [(PAMR_STEP, 16384), (CRF, 16384)])
def test_tiles_that_would_be_margins_are_refused(step, least):
    with pytest.raises(UserError, match=f'max_pixels=3000 must be .* {least} or more'):
        RefinerChain([CONSTANT, step], max_pixels=3000, tiles=True)
    RefinerChain([CONSTANT, step], max_pixels=3000)
    RefinerChain([CONSTANT], max_pixels=3000, tiles=True)


def test_tiles_take_less_memory(scene, monkeypatch):
    """What PAMR allocates is bounded by the tile."""
    from ppl_mm.refine import pamr as module

    sizes = []
    shares = module._shares
    monkeypatch.setattr(
        module, '_shares', lambda x, d: sizes.append(x.shape[-2:].numel()) or shares(x, d)
    )
    refined(scene, [CONSTANT, PAMR_STEP], max_pixels=TILE, tiles=True)
    assert sizes and max(sizes) <= TILE < torch.Size(SIZE).numel()
