import warnings

import numpy as np
import pytest

from ppl_mm.evaluation.confusion import class_scores, confusion_matrix, mean_scores


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        yield


def slow_matrix(pred, truth, n):
    matrix = np.zeros((n + 1, n + 2), np.int64)
    for p, t in zip(pred.flat, truth.flat, strict=True):
        if t != 255:
            matrix[t, n + 1 if p == 255 else p] += 1
    return matrix


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('n', [1, 6, 253])
def test_every_pixel_is_counted_once(seed, n):
    rng = np.random.default_rng(seed)
    values = np.r_[0 : n + 1, 255].astype(np.uint8)
    pred, truth = rng.choice(values, (2, 11, 17))
    matrix = confusion_matrix(pred, truth, n)
    np.testing.assert_array_equal(matrix, slow_matrix(pred, truth, n))
    assert matrix.sum() == (truth != 255).sum()


@pytest.mark.parametrize(
    'pred, truth, message',
    [
        (np.zeros((2, 3)), np.zeros((3, 2)), '2 x 3 .* its mask of 3 x 2'),
        (np.full((2, 2), 4), np.zeros((2, 2)), 'prediction has the label 4'),
        (np.zeros((2, 2)), np.full((2, 2), 254), 'mask has the label 254'),
    ],
)
def test_what_cannot_be_counted(pred, truth, message):
    with pytest.raises(ValueError, match=message):
        confusion_matrix(pred.astype(np.uint8), truth.astype(np.uint8), 3)


def test_labels_have_eight_bits():
    with pytest.raises(ValueError, match='uint8'):
        confusion_matrix(np.zeros((2, 2)), np.zeros((2, 2), np.uint8), 3)


def test_what_is_predicted_under_void_does_not_matter():
    truth = np.full((2, 2), 255, np.uint8)
    pred = np.full((2, 2), 77, np.uint8)
    assert confusion_matrix(pred, truth, 3).sum() == 0


# Truth: 6 background, 4 cat, no cow, 2 dog that are never predicted.
MATRIX = np.array(
    [
        # bg cat cow dog ignored
        [3, 1, 1, 0, 1],
        [1, 2, 0, 0, 1],
        [0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
    ]
)


def test_scores_by_hand():
    nan, scores = np.nan, class_scores(MATRIX)
    np.testing.assert_allclose(scores['iou'], [3 / 8, 2 / 6, nan, 0])
    np.testing.assert_allclose(scores['precision'], [3 / 5, 2 / 4, nan, nan])
    np.testing.assert_allclose(scores['recall'], [3 / 6, 2 / 4, nan, 0])
    np.testing.assert_allclose(scores['over_activation'], [2 / 8, 2 / 6, nan, 0])
    np.testing.assert_allclose(scores['under_activation'], [3 / 8, 2 / 6, nan, 1])


def test_an_absent_class_is_left_out_of_the_mean_even_if_predicted():
    means = mean_scores(MATRIX)
    assert means['mIoU'] == pytest.approx((3 / 8 + 2 / 6 + 0) / 3)
    assert means['precision'] == pytest.approx((3 / 5 + 2 / 4) / 2)
    assert means['recall'] == pytest.approx((3 / 6 + 2 / 4 + 0) / 3)
    assert means['over_activation'] == pytest.approx((2 / 6 + 0) / 2)
    assert means['under_activation'] == pytest.approx((2 / 6 + 1) / 2)


def test_a_predicted_pixel_of_an_absent_class_still_costs():
    better = MATRIX.copy()
    better[0, 2], better[0, 0] = 0, 4
    assert mean_scores(better)['mIoU'] > mean_scores(MATRIX)['mIoU']


def test_ignored_pixels_cost_as_much_as_wrong_ones():
    wrong = MATRIX.copy()
    wrong[:, 2] += wrong[:, 4]  # to the class that is absent
    wrong[:, 4] = 0
    assert mean_scores(wrong)['mIoU'] == mean_scores(MATRIX)['mIoU']


def test_parts_of_the_union_add_up():
    scores = class_scores(np.random.default_rng(0).integers(0, 9, (5, 7, 8)))
    total = scores['iou'] + scores['over_activation'] + scores['under_activation']
    np.testing.assert_allclose(total, 1)


def test_a_stack_is_scored_one_by_one():
    stack = np.stack([MATRIX, MATRIX.T[:4, [0, 1, 2, 3, 3]], 0 * MATRIX])
    together = mean_scores(stack)
    for k, matrix in enumerate(stack):
        for name, value in mean_scores(matrix).items():
            np.testing.assert_equal(together[name][k], value)


def test_an_empty_split_has_no_score():
    assert np.isnan(mean_scores(0 * MATRIX)['mIoU'])
