"""Maps of classes with thresholds of their own, brought to one scale."""

import numpy as np
import pytest

from ppl_mm.cams.pseudo_label import LEVEL, common_cut, label_from_cam, level
from ppl_mm.formats.cam_file import CamFile

CUTS = [0.0, 0.05, 0.3, 0.5, 0.91, 1.0]


@pytest.fixture
def maps():
    return np.random.default_rng(0).random((2, 9, 11)).astype(np.float16)


@pytest.mark.parametrize('cut', CUTS)
def test_what_is_above_the_threshold_is_above_the_level(cut, maps):
    maps = maps.astype(np.float32)
    found = level(maps, np.float32([cut, cut]))
    assert np.array_equal(found > LEVEL, maps > np.float32(cut))


@pytest.mark.parametrize('cut', CUTS)
def test_order_and_range_stay(cut):
    values = np.linspace(0, 1, 201, dtype=np.float32)[None]
    found = level(values, np.float32([cut]))[0]
    assert found[0] == 0 and found[-1] == (1 if cut < 1 else LEVEL)
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize('cut', CUTS[1:-1])
def test_equal_thresholds_are_one_threshold(cut, maps):
    file = CamFile(class_ids=[0, 1], cam=maps, size=(36, 44))
    assert np.array_equal(label_from_cam(file, [cut, cut]), label_from_cam(file, cut))


def test_each_class_is_cut_at_its_own(maps):
    for k, cut in ((0, 0.2), (1, 0.8)):
        file = CamFile(class_ids=[k], cam=maps[:1], size=(36, 44))
        assert np.array_equal(label_from_cam(file, [0.2, 0.8]), label_from_cam(file, cut))


def test_a_class_that_is_surer_for_its_threshold_wins():
    cam = np.array([[[0.6]], [[0.5]]])
    file = CamFile(class_ids=[0, 1], cam=cam, size=(1, 1))
    assert label_from_cam(file, 0.3) == 1
    assert label_from_cam(file, [0.55, 0.1]) == 2


def test_an_image_without_a_class_and_data_without_a_background(maps):
    nothing = CamFile(class_ids=[], cam=np.zeros((0, 4, 4)), size=(4, 4))
    assert not label_from_cam(nothing, [0.2, 0.8]).any()
    file = CamFile(class_ids=[0, 1], cam=maps, size=(36, 44))
    whole = label_from_cam(file, 0.0, background=False)
    assert np.array_equal(label_from_cam(file, [0.2, 0.8], background=False), whole)


def test_the_common_cut():
    assert common_cut(0.3) == 0.3 and common_cut([0.1, 0.9]) == LEVEL
