import numpy as np
import pytest

from ppl_mm.cams import label_from_cam
from ppl_mm.errors import UserError
from ppl_mm.formats.cam_file import CamFile
from ppl_mm.refine import (
    Agreement,
    ConstantBackground,
    IgnoreBand,
    LabelRule,
    PerClassThreshold,
    Scores,
    Strongest,
)
from ppl_mm.registry import LABEL_RULES

SIZE = (7, 8)
IMAGE = np.zeros((*SIZE, 3), np.uint8)
IDS = [4, 0, 2]


@pytest.fixture
def scores():
    # Few levels, so that there are ties and values right at a threshold.
    rng = np.random.default_rng(0)
    return Scores(rng.integers(0, 9, (4, *SIZE)) / 8, IDS)


def per_pixel(scores, rule):
    """The slow way: a rule of (background, [score of each class])."""
    label = np.empty(SIZE, np.uint8)
    for y, x in np.ndindex(SIZE):
        background, *classes = scores.values[:, y, x]
        label[y, x] = rule(background, classes)
    return label


def best(classes):
    return max(range(len(classes)), key=lambda k: (classes[k], -k))


def test_strongest_and_of_equals_the_first(scores):
    def rule(background, classes):
        k = best(classes)
        return IDS[k] + 1 if classes[k] > background else 0

    label = Strongest()(IMAGE, scores)
    assert label.dtype == np.uint8
    np.testing.assert_array_equal(label, per_pixel(scores, rule))


@pytest.mark.parametrize('n', [0, 1, 3])
def test_a_constant_and_the_strongest_are_the_labels_of_an_export(n):
    maps = np.random.default_rng(n).integers(0, 9, (n, 3, 4)) / 8
    cams = CamFile(IDS[:n], maps, SIZE)
    made = ConstantBackground(0.25)(IMAGE, Scores.from_cam(cams))
    np.testing.assert_array_equal(Strongest()(IMAGE, made), label_from_cam(cams, 0.25))


def test_a_band_between_two_thresholds_is_ignored(scores):
    def rule(_, classes):
        k = best(classes)
        if classes[k] <= 0.25:
            return 0
        return IDS[k] + 1 if classes[k] > 0.75 else 255

    label = IgnoreBand(0.25, 0.75)(IMAGE, scores)
    np.testing.assert_array_equal(label, per_pixel(scores, rule))
    assert {0, 255} < set(label.flat)


def test_a_band_without_width_ignores_nothing(scores):
    label = IgnoreBand(0.5, 0.5)(IMAGE, scores)
    np.testing.assert_array_equal(label, Strongest()(IMAGE, ConstantBackground(0.5)(IMAGE, scores)))


def test_each_class_has_a_threshold_of_its_own(scores):
    thresholds = {4: 0.75, 0: 0.5, 2: 0.25}

    def rule(_, classes):
        above = [value if value > thresholds[IDS[k]] else 0 for k, value in enumerate(classes)]
        return IDS[best(above)] + 1 if max(above) else 0

    expected = per_pixel(scores, rule)
    for given in (thresholds, [0.5, 1, 0.25, 1, 0.75]):
        np.testing.assert_array_equal(PerClassThreshold(given)(IMAGE, scores), expected)


def test_a_class_without_a_threshold(scores):
    with pytest.raises(UserError, match='no threshold for class 4'):
        PerClassThreshold([0.1, 0.2, 0.3])(IMAGE, scores)
    PerClassThreshold([0.1, 0.2, 0.3], default=0.5)(IMAGE, scores)


def test_what_chains_disagree_on_is_ignored(scores):
    chains = [[dict(type='ppl_mm.ConstantBackground', threshold=t)] for t in (0.25, 0.5, 0.75)]
    labels = [Strongest()(IMAGE, ConstantBackground(t)(IMAGE, scores)) for t in (0.25, 0.5, 0.75)]
    found = Agreement(chains)(IMAGE, scores)
    for y, x in np.ndindex(SIZE):
        values = {int(label[y, x]) for label in labels}
        expected = values.pop() if len(values) == 1 else 255
        assert found[y, x] == expected
    assert 255 in found


@pytest.mark.parametrize(
    'rule',
    [
        Strongest(),
        IgnoreBand(0.1, 0.5),
        PerClassThreshold({}),
        Agreement([[dict(type='ppl_mm.ConstantBackground', threshold=0.2)]] * 2),
    ],
)
def test_no_class_is_all_background(rule):
    label = rule(IMAGE, Scores(np.ones((1, *SIZE)), []))
    assert label.shape == SIZE and not label.any()


def test_a_rule_that_needs_a_background_says_so(scores):
    with pytest.raises(UserError, match='ppl_mm.ConstantBackground'):
        Strongest()(IMAGE, Scores(scores.values, IDS, has_background=False))


@pytest.mark.parametrize(
    'config, message',
    [
        (dict(type='ppl_mm.IgnoreBand', low=0.5, high=0.4), 'low first'),
        (dict(type='ppl_mm.IgnoreBand', low=-1, high=0.4), 'low=-1'),
        (dict(type='ppl_mm.PerClassThreshold', thresholds=[2]), 'threshold is 2'),
        (dict(type='ppl_mm.PerClassThreshold', thresholds=[], default=3), 'threshold is 3'),
        (dict(type='ppl_mm.Agreement', chains=[[]]), 'two or more'),
    ],
)
def test_settings_that_make_no_sense(config, message):
    with pytest.raises(UserError, match=message):
        LABEL_RULES.build(config)


def test_every_rule_is_a_label_rule():
    LABEL_RULES.import_from_location()
    assert all(issubclass(rule, LabelRule) for rule in LABEL_RULES.module_dict.values())
