import numpy as np
import pytest

from ppl_mm.cams import label_from_cam
from ppl_mm.evaluation.confusion import confusion_matrix, mean_scores
from ppl_mm.evaluation.threshold_sweep import ThresholdSweep, _CountBelow
from ppl_mm.formats.cam_file import CamFile

NUM_CLASSES = 5
GRIDS = dict(
    percent=np.arange(1, 61) / 100,
    one=[0.3],
    # Scores of a float16 grid are hit exactly.
    hit=np.arange(0, 1, 1 / 16),
    crowded=[0.3, 0.3001, 0.30010002, 0.5, 0.50001],
    unsorted=[0.9, 0.0, 0.4, 2.5],
    fine=np.linspace(0, 1, 700),
)


def images(seed, count=6, steps=None):
    """CAM files of 0 to 3 classes with masks, some of it void."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        n = rng.integers(0, 4)
        h, w = rng.integers(1, 12, 2)
        size = (h * rng.integers(1, 4), w * rng.integers(1, 4))
        cam = rng.random((n, h, w))
        if steps:
            cam = np.round(cam * steps) / steps
        ids = rng.permutation(NUM_CLASSES)[:n]
        values = np.r_[0 : NUM_CLASSES + 1, 255].astype(np.uint8)
        yield CamFile(ids, cam, size), rng.choice(values, size)


def one_evaluation_per_threshold(data, thresholds):
    return np.stack(
        [
            sum(
                confusion_matrix(label_from_cam(cam_file, t), mask, NUM_CLASSES)
                for cam_file, mask in data
            )
            for t in sorted(thresholds)
        ]
    )


@pytest.mark.parametrize('grid', GRIDS)
@pytest.mark.parametrize('steps', [None, 16])
@pytest.mark.parametrize('seed', range(4))
def test_one_pass_equals_one_evaluation_per_threshold(grid, steps, seed):
    thresholds = GRIDS[grid]
    data = list(images(seed, steps=steps))
    sweep = ThresholdSweep(NUM_CLASSES, thresholds)
    for cam_file, mask in data:
        sweep.update(cam_file, mask)
    assert sweep.thresholds == sorted(thresholds)
    assert sweep.num_images == len(data)
    np.testing.assert_array_equal(sweep.confusion(), one_evaluation_per_threshold(data, thresholds))


def test_raw_maps_with_negative_values():
    rng = np.random.default_rng(0)
    cam_file = CamFile([0, 2], rng.normal(size=(2, 9, 9)) * 3, (18, 27), normalized=False)
    mask = rng.integers(0, 4, (18, 27)).astype(np.uint8)
    sweep = ThresholdSweep(NUM_CLASSES, [0, 0.5, 7])
    sweep.update(cam_file, mask)
    np.testing.assert_array_equal(
        sweep.confusion(), one_evaluation_per_threshold([(cam_file, mask)], [0, 0.5, 7])
    )


@pytest.mark.parametrize('grid', GRIDS)
def test_counting_is_exact_next_to_a_threshold(grid):
    edges = np.sort(np.asarray(GRIDS[grid], np.float32))
    scores = np.concatenate(
        [
            edges,
            np.nextafter(edges, np.float32(9)),
            np.nextafter(edges, np.float32(-9)),
            [-0.0, 0.0, -1.0, 6e4],
        ]
    ).astype(np.float32)
    expected = [sum(edge < score for edge in edges) for score in scores]
    np.testing.assert_array_equal(_CountBelow(edges)(scores), expected)


def test_usual_thresholds_are_looked_up_and_not_searched():
    from ppl_mm.evaluation.threshold_sweep import DEFAULT_THRESHOLDS

    assert len(DEFAULT_THRESHOLDS) == 99
    assert _CountBelow(np.float32(DEFAULT_THRESHOLDS)).shift == 16
    assert _CountBelow(np.float32(GRIDS['crowded'])).shift is None


def test_merging_parts_gives_the_whole():
    data = list(images(1, 8))
    whole, left, right = (ThresholdSweep(NUM_CLASSES) for _ in range(3))
    for k, (cam_file, mask) in enumerate(data):
        whole.update(cam_file, mask)
        (left if k % 2 else right).update(cam_file, mask)
    left.merge(right)
    np.testing.assert_array_equal(left.counts, whole.counts)
    assert left.num_images == 8 and left.best() == whole.best()


def test_sweeps_that_differ_are_not_merged():
    for other in (ThresholdSweep(4), ThresholdSweep(NUM_CLASSES, [0.1])):
        with pytest.raises(ValueError, match='cannot be merged'):
            ThresholdSweep(NUM_CLASSES).merge(other)


def test_best_is_the_highest_of_the_curve():
    sweep = ThresholdSweep(NUM_CLASSES, [0.25, 0.5, 0.75])
    cam = np.array([[[0.2, 0.4, 0.6, 0.8]]])
    sweep.update(CamFile([1], cam, (1, 4)), np.array([[0, 0, 2, 2]], np.uint8))
    assert sweep.best() == (0.5, 1.0)
    curve = sweep.curve()
    assert curve['threshold'] == [0.25, 0.5, 0.75]
    assert curve['mIoU'] == pytest.approx([(1 / 2 + 2 / 3) / 2, 1.0, (2 / 3 + 1 / 2) / 2])
    assert curve['over_activation'] == pytest.approx([1 / 3, 0, 0])
    for k, threshold in enumerate(sweep.thresholds):
        means = mean_scores(sweep.confusion(threshold))
        assert all(curve[name][k] == means[name] for name in means)


def test_a_score_that_there_is_not_is_none():
    sweep = ThresholdSweep(1, [0.5])
    sweep.update(CamFile([], np.zeros((0, 2, 2)), (2, 2)), np.zeros((2, 2), np.uint8))
    assert sweep.curve() == dict(
        threshold=[0.5],
        mIoU=[1.0],
        precision=[1.0],
        recall=[1.0],
        over_activation=[None],
        under_activation=[None],
    )


def test_the_lowest_of_equally_good_thresholds_is_best():
    sweep = ThresholdSweep(1, [0.7, 0.3, 0.5])
    sweep.update(CamFile([0], [[[0.0, 1.0]]], (1, 2)), np.array([[0, 1]], np.uint8))
    assert sweep.best() == (0.3, 1.0)


def test_thresholds_are_found_as_float32():
    sweep = ThresholdSweep(1, [0.1 * 3, 0.3])
    assert len(sweep.thresholds) == 1
    assert sweep.confusion(0.30000000000000004).shape == (2, 3)
    with pytest.raises(ValueError, match='0.31 is not one of the 1'):
        sweep.confusion(0.31)


def test_nothing_counted_has_no_best():
    sweep = ThresholdSweep(2)
    with pytest.raises(ValueError, match='no labelled pixel'):
        sweep.best()
    sweep.update(CamFile([0], np.ones((1, 2, 2)), (2, 2)), np.full((2, 2), 255, np.uint8))
    with pytest.raises(ValueError, match='no labelled pixel'):
        sweep.best()


@pytest.mark.parametrize('thresholds', [[], [-0.1, 0.2], [float('nan')], [float('inf')]])
def test_thresholds_that_make_no_sense(thresholds):
    with pytest.raises(ValueError, match='thresholds'):
        ThresholdSweep(2, thresholds)


@pytest.mark.parametrize(
    'ids, mask, message',
    [
        ([0], np.zeros((3, 2)), '2 x 3 .* its mask of 3 x 2'),
        ([2], np.zeros((2, 3)), 'class id 2, expected 0 to 1'),
        ([0], np.full((2, 3), 3), 'mask has the label 3'),
        ([], np.full((2, 3), 3), 'mask has the label 3'),
    ],
)
def test_what_does_not_fit_is_not_counted(ids, mask, message):
    sweep = ThresholdSweep(2)
    cam_file = CamFile(ids, np.ones((len(ids), 2, 3)), (2, 3))
    with pytest.raises(ValueError, match=message):
        sweep.update(cam_file, mask.astype(np.uint8))
    assert sweep.num_images == 0 and not sweep.counts.any()


def test_without_a_background_nothing_is_cut():
    data = list(images(3, count=12, steps=4))  # few levels: some maps are 0
    sweep = ThresholdSweep(NUM_CLASSES, background=False)
    total = 0
    for cam_file, mask in data:
        sweep.update(cam_file, mask)
        label = label_from_cam(cam_file, 0, background=False)
        total = total + confusion_matrix(
            label, np.where(mask == 0, 255, mask).astype(np.uint8), NUM_CLASSES
        )
    assert sweep.thresholds == [0] and total[:, -1].any()
    found = sweep.confusion(0)
    np.testing.assert_array_equal(found[:, 1:-1], total[:, 1:-1])
    np.testing.assert_array_equal(found[:, 0], total[:, -1])  # wrong, whatever it is called
    assert sweep.best() == (0, pytest.approx(mean_scores(total)['mIoU']))
