"""Objects that refinement would erase."""

import numpy as np
import pytest

from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile
from ppl_mm.refine import RefinerChain, Scores, Strongest
from ppl_mm.refine.lost_objects import with_lost_objects

CONSTANT = dict(type='ppl_mm.ConstantBackground', threshold=0.4)
PAMR = dict(type='ppl_mm.PAMR')


def scores_of(label, classes=2):
    """Return scores whose strongest channels are a label."""
    values = np.full((1 + classes, *np.shape(label)), 0.1, np.float32)
    np.put_along_axis(values, np.asarray(label)[None], 0.9, axis=0)
    return Scores(values, np.arange(classes))


def label_of(scores):
    return Strongest()(np.zeros((*scores.size, 3), np.uint8), scores)


def objects_of(mask):
    """Return the sets of pixels of a mask that touch each other, one pixel after another."""
    left = {tuple(pixel) for pixel in np.argwhere(mask)}
    while left:
        found, border = set(), {left.pop()}
        while border:
            found |= border
            near = {(y + i, x + j) for y, x in border for i in (-1, 0, 1) for j in (-1, 0, 1)}
            border = near & left
            left -= border
        yield found


def put_back(before, after, least):
    """Return the label that is expected, by its definition."""
    expected = after.copy()
    for value in (1, 2):
        for pixels in objects_of(before == value):
            if sum(after[pixel] == value for pixel in pixels) < least * len(pixels):
                for pixel in pixels:
                    expected[pixel] = expected[pixel] or value
    return expected


@pytest.mark.parametrize('least', [0.05, 0.3, 1.0])
@pytest.mark.parametrize('seed', range(4))
def test_an_object_of_which_too_little_is_left_comes_back(seed, least):
    rng = np.random.default_rng(seed)
    # Pixels in groups of three, so that objects have sizes of all kinds.
    before, after = (
        np.kron(rng.choice(3, (9, 9), p=(0.6, 0.2, 0.2)), np.ones((3, 3), int)).astype(np.uint8)
        for _ in range(2)
    )
    after = np.where(rng.random(after.shape) < 0.3, after, 0)
    result = with_lost_objects(scores_of(before), scores_of(after), least)
    expected = put_back(before, after, least)
    np.testing.assert_array_equal(label_of(result), expected)
    assert (expected != after).any()
    # Other classes keep their pixels, and scores elsewhere are the refined ones.
    same = expected == after
    np.testing.assert_array_equal(result.values[:, same], scores_of(after).values[:, same])


def pinhole(side=64):
    """Return a black trace with a white dot, and a map that peaks there."""
    image = np.full((side, side, 3), 255, np.uint8)
    image[16:48] = 0
    image[30:33, 30:33] = 255
    y, x = np.mgrid[:side, :side]
    cam = np.clip(1 - np.hypot(y - 31, x - 31) / 14, 0, 1)[None]
    return image, CamFile(np.array([0]), cam.astype(np.float32), (side, side))


def test_pamr_erases_a_dot_on_a_trace():
    scene = pinhole()
    assert (RefinerChain([CONSTANT])(*scene) == 1).sum() > 100
    assert not RefinerChain([PAMR, CONSTANT])(*scene)[16:48].any()
    kept, scores = RefinerChain([PAMR, CONSTANT], least_left=0.05).refine(*scene)
    np.testing.assert_array_equal(kept == 1, RefinerChain([CONSTANT])(*scene) == 1)
    np.testing.assert_array_equal(label_of(scores), kept)


def test_at_0_nothing_comes_back():
    scene = pinhole()
    ours = RefinerChain([PAMR, CONSTANT], least_left=0)(*scene)
    np.testing.assert_array_equal(ours, RefinerChain([PAMR, CONSTANT])(*scene))


def test_thresholds_of_classes_and_tiles():
    image, cams = pinhole(160)
    cut = dict(CONSTANT, threshold=[0.4])
    pamr = dict(PAMR, dilations=(1, 2))
    whole = RefinerChain([pamr, cut], least_left=0.05)(image, cams)
    tiled = RefinerChain([pamr, cut], None, 136 * 136, True, least_left=0.05)(image, cams)
    np.testing.assert_array_equal(whole, tiled)
    assert whole[24:40, 24:40].any()


def test_no_background_has_nothing_to_put_back():
    image, cams = pinhole()
    ours = RefinerChain([PAMR, CONSTANT], background=False, least_left=0.05)(image, cams)
    np.testing.assert_array_equal(
        ours, RefinerChain([PAMR, CONSTANT], background=False)(image, cams)
    )


@pytest.mark.parametrize(
    'steps, least_left, message',
    [
        ([CONSTANT], 2, 'least_left=2 must be a number in 0..1'),
        ([CONSTANT], -0.1, 'least_left=-0.1 must be a number in 0..1'),
        ([CONSTANT], 'x', "least_left='x' must be a number"),
        ([CONSTANT], True, 'least_left=True must be a number'),
        ([PAMR], 0.1, 'least_left=0.1 needs a step that makes a background'),
    ],
)
def test_a_share_that_makes_no_sense(steps, least_left, message):
    with pytest.raises(UserError, match=message):
        RefinerChain(steps, least_left=least_left)
