import numpy as np
import pytest

from ppl_mm.cams import upsample_cam
from ppl_mm.formats.cam_file import CamFile
from ppl_mm.refine import Scores


def cam_file(n=2, size=(6, 9), **kwargs):
    maps = np.random.default_rng(n).random((n, 3, 4)) / 2
    return CamFile(np.arange(n) + 4, maps, size, **kwargs)


@pytest.mark.parametrize('n', [0, 1, 3])
@pytest.mark.parametrize('size', [(6, 9), (1, 1), (1, 7), (3, 4)])
def test_maps_of_a_file_at_the_size_of_the_image(n, size):
    cams = cam_file(n, size)
    scores = Scores.from_cam(cams)
    assert scores.values.shape == (1 + n, *size) and scores.size == size
    assert scores.values.dtype == np.float32
    assert not scores.has_background and not scores.values[0].any()
    assert scores.class_ids.tolist() == cams.class_ids.tolist()
    assert scores.class_ids.dtype == np.int16
    np.testing.assert_array_equal(scores.foreground, upsample_cam(cams.cam, size).numpy())


def test_interpolation_rounds_no_score_out_of_range():
    cams = CamFile([0], np.ones((1, 2, 2)), (48, 48))
    assert Scores.from_cam(cams).values.max() == 1


def test_maps_without_a_common_range_are_refused():
    with pytest.raises(ValueError, match='raw maps'):
        Scores.from_cam(cam_file(normalized=False))


@pytest.mark.parametrize(
    'values, ids, message',
    [
        (np.zeros((2, 3)), [0], r'\(1 \+ n, H, W\)'),
        (np.zeros((2, 3, 3)), [0, 1], r'class ids of shape \(2,\)'),
        (np.zeros((0, 3, 3)), [0], r'class ids of shape \(1,\)'),
        (np.zeros((2, 0, 3)), [0], 'no pixels'),
        (np.full((2, 3, 3), np.nan), [0], 'finite'),
        (np.full((2, 3, 3), np.inf), [0], 'finite'),
        (np.full((2, 3, 3), -0.1), [0], '-0.1 to -0.1'),
        (np.full((2, 3, 3), 1.1), [0], 'in 0..1'),
    ],
)
def test_what_are_no_scores(values, ids, message):
    with pytest.raises(ValueError, match=message):
        Scores(values, ids)


def test_numbers_of_other_types_become_float32():
    scores = Scores(np.ones((1, 2, 2), bool), [])
    assert scores.values.dtype == np.float32 and scores.has_background
