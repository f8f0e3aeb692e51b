"""What negatives say about the strength of maps."""

import numpy as np
import pytest
from test_apis.labelled import Labels

from ppl_mm.apis.exporting.negative_maps import FALSE_PAINT, full_scale
from ppl_mm.apis.exporting.picked_images import MAX_NEGATIVES, MIN_NEGATIVES, pick_negatives
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile


def negatives(strengths, seed=0, with_scale=True):
    """Maps of two classes; class 1 is always ten times as strong as class 0."""
    rng = np.random.default_rng(seed)
    for strength in strengths:
        cam = rng.random((2, 20, 20))
        scale = np.array([strength, 10 * strength]) if with_scale else None
        yield CamFile(class_ids=[0, 1], cam=cam, size=(80, 80), scale=scale)


@pytest.mark.parametrize('count', [0, 1, MIN_NEGATIVES - 1])
def test_too_few_negatives_say_nothing(count):
    assert pick_negatives(Labels([[]] * count + [[0]] * 50)) == []


@pytest.mark.parametrize('count', [MIN_NEGATIVES, 57, MAX_NEGATIVES, 3 * MAX_NEGATIVES])
def test_negatives_are_spread_over_the_split(count):
    labels = [[0], [], None] * count
    picked = pick_negatives(Labels(labels))
    assert len(picked) == len(set(picked)) == min(count, MAX_NEGATIVES)
    assert all(labels[k] == [] for k in picked)
    assert picked == sorted(picked) and picked[0] == 1 and picked[-1] == 3 * count - 2


def test_unlabelled_images_are_no_negatives():
    assert pick_negatives(Labels([None] * 50)) == []


def test_the_order_of_negatives_does_not_matter():
    cams = list(negatives([1, 2, 3]))
    assert full_scale(cams, 2) == full_scale(cams[::-1], 2)


def test_negatives_that_paint_more_ask_for_more():
    weak, strong = (full_scale(negatives(s), 2) for s in ([1] * 10, [1] * 5 + [4] * 5))
    assert strong[0] > weak[0]
    assert weak[1] == pytest.approx(10 * weak[0], rel=0.1)


def test_a_negative_keeps_its_share_under_the_threshold():
    """At the level that the cut is meant for, the share of false paint is the stated one."""
    cams = list(negatives([1, 2, 5]))
    full = full_scale(cams, 2)
    cells = np.concatenate([(one.cam[0] * one.scale[0]).ravel() for one in cams]) / full[0]
    assert (cells > 0.3).mean() == pytest.approx(FALSE_PAINT, abs=0.002)


def test_a_probability_counts_fully_at_one_at_the_latest():
    """Else a map of a predicted class could never reach the threshold."""
    cams = list(negatives([0.05] * 10))
    free, bounded = full_scale(cams, 2), full_scale(cams, 2, probabilities=True)
    assert free[0] < 1 < free[1] and bounded == [free[0], 1]


def test_old_maps_without_scale_are_one_line():
    with pytest.raises(UserError, match='have no scale'):
        full_scale(negatives([1], with_scale=False), 2)
