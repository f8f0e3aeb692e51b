import numpy as np
import pytest

from studies.report.groups import spread
from studies.report.numbers import Study


def test_ratios_by_hand(records):
    ratios = Study(records).ratios('voc6')
    # pl, as it has two seeds, less plain_slow, the better plain CAM.
    assert ratios['seed_miou_gain_each'] == pytest.approx([0.05, 0.03])
    assert ratios['seed_miou_gain'] == pytest.approx(0.04)
    assert ratios['val_seed_miou_gain_each'] == pytest.approx([0.06, 0.02])
    assert ratios['gain_over_equal_cost_plain'] == pytest.approx(0.025)
    assert ratios['pseudo_over_plain_seed'] is None
    assert ratios['weak_over_full_supervision'] is None


def test_the_winner_stands_beside_a_plain_cam_of_its_cost(records, record, plain):
    """A better row that none was run for waits until there is one."""
    dear = [record('dear', seed, 0.6, 0.5) for seed in (0, 1)]
    assert Study([*records, *dear]).ratios('voc6') == (Study(records).ratios('voc6'))
    equal = plain('plain_dear', 0, 0.55, epochs=12, equal_cost_to='dear')
    ratios = Study([*records, *dear, equal]).ratios('voc6')
    assert ratios['gain_over_equal_cost_plain'] == pytest.approx(0.05)


def test_ratios_of_the_later_steps(records, record, part):
    def pipeline(name, train, val, networks):
        parts = dict(segmentation=part(train), segmentation_val=part(val))
        settings = dict(segmentation=networks)
        return record(name, 0, 0.66, kind='pipeline', settings=settings, **parts)

    def full(name, val, network='seg.py', **parts):
        settings, parts = dict(segmentation=network), dict(parts, segmentation_val=part(val))
        return record(name, 0, 0.1, kind='full', measured=None, settings=settings, **parts)

    later = [
        pipeline('path', 0.6, 0.5, 'seg.py'),
        pipeline('rounds', 0.7, 0.54, ['seg.py', 'again.py']),
        full('other', 0.99, 'big.py'),
        full('masks', 0.60, segmentation=part(0.8)),
        full('masks_longer', 0.55, segmentation=part(0.9)),
    ]
    ratios = Study(records + later).ratios('voc6')
    assert ratios['pseudo_over_plain_seed'] == pytest.approx(0.66 - 0.51)
    assert ratios['weak_over_full_supervision'] == pytest.approx(0.9)


def test_only_what_the_rows_allow(records):
    for some in (records[:4], records[-1:], records[8:10]):
        assert set(Study(some).ratios('voc6').values()) == {None}
    assert set(Study(records).ratios('demo').values()) == {None}


def test_seeds_are_paired(records, record, plain):
    records = [
        plain('plain', 0, 0.5),
        plain('plain', 1, 0.1),
        record('pl', 1, 0.3),
        record('pl', 2, 0.9),
    ]
    ratios = Study(records).ratios('voc6')
    assert ratios['seed_miou_gain_each'] == pytest.approx([0.2])


def test_figures_show_the_paper_form_too(records):
    paper = Study(records).figures('voc6')['paper_form']
    assert paper['name'] == 'ppl' and paper['plain'] == 'plain_slow'
    assert paper['gain_each'] == pytest.approx([0.01, -0.01])


def test_spread_is_of_a_sample():
    assert spread([1.0, 3.0]) == pytest.approx(np.sqrt(2))
    assert spread([1.0]) is None
