"""The study of thresholds: its fast counts, its rules, and its tables."""

from dataclasses import replace

import numpy as np
import pytest

from ppl_mm.evaluation.threshold_sweep import ThresholdSweep
from ppl_mm.formats.cam_file import CamFile
from studies.thresholds import few_masks
from studies.thresholds.compare import FIXED, measure, table
from studies.thresholds.criteria import FAMILIES, otsu, refinement_stability, spread
from studies.thresholds.map_set import CUTS, MapSet
from studies.thresholds.measure import Curves, truth_shares


def test_the_curve_is_that_of_the_product(maps):
    """At the resolution of the masks, both count the same pixels."""
    sweep = ThresholdSweep(2, CUTS.tolist())
    for one in maps.images:
        cam = CamFile(class_ids=one.class_ids, cam=one.cam, size=one.mask.shape)
        sweep.update(cam, one.mask)
    value = np.array(sweep.curve()['mIoU']) * 100
    np.testing.assert_allclose(Curves(maps).seeds, value, atol=1e-6)


def test_shares_of_a_cell_are_those_of_its_pixels():
    mask = np.random.default_rng(0).integers(0, 3, (12, 8)).astype(np.uint8)
    shares = truth_shares(mask, 2, (3, 2))
    for k in range(3):
        expected = (mask == k).reshape(3, 4, 2, 4).mean(axis=(1, 3))
        np.testing.assert_allclose(shares[k], expected)


def test_void_belongs_to_no_class():
    assert truth_shares(np.full((4, 4), 255, np.uint8), 2, (2, 2)).sum() == 0


def test_a_pack_comes_back(maps, tmp_path):
    maps.write(tmp_path / 'some.network.npz')
    back = MapSet.read(tmp_path / 'some.network.npz')
    assert (back.name, back.family, back.num_classes) == ('some.network', 'some', 2)
    np.testing.assert_array_equal(Curves(back).seeds, Curves(maps).seeds)


@pytest.mark.parametrize('rule', [rule for rules in FAMILIES.values() for rule in rules.values()])
def test_rules_do_not_look_at_masks_or_at_the_order(maps, rule):
    blank = [replace(one, mask=np.zeros_like(one.mask)) for one in maps.images[::-1]]
    one, other = rule(maps), rule(MapSet('some.network', 2, blank))
    assert np.isnan(one) == np.isnan(other)
    if not np.isnan(one):
        assert 0 <= one <= 1.5 and other == pytest.approx(one)


@pytest.mark.parametrize('rule', [spread(0.5), otsu])
def test_a_higher_floor_is_cut_higher(image, rule):
    low, high = (MapSet('a.b', 1, [image(w, floor=floor) for w in (2, 3)]) for floor in (0.1, 0.4))
    assert rule(high) > rule(low)


def test_what_a_set_lacks_is_left_out(maps):
    bare = MapSet('bare.x', 2, [replace(one, refined=None) for one in maps.images])
    assert np.isnan(refinement_stability(bare))
    found = measure([maps, bare])
    assert found['criteria']['PAMR changes least']['left_out'][1] == {'constant': ''}
    assert 'refined' not in found['best'][1]


def test_the_constant_of_a_set_is_chosen_by_other_sets(maps, image):
    other = MapSet('other.network', 2, [image(w, k % 2, floor=0.5) for k, w in enumerate((3, 4))])
    found = measure([maps, other])['criteria']['constant']
    for k, row in enumerate(found['left_out']):
        gaps = {key: rows[1 - k] for key, rows in found['constants'].items()}
        best = min(gaps, key=lambda key: (gaps[key]['seeds'] + gaps[key]['refined']) / 2)
        assert row['constant'] == best


def test_all_masks_leave_only_the_prior_in_the_way(maps):
    rows = {row['masks']: row for row in few_masks.measure([maps])}
    assert set(rows) == {0, 5, 20, 50}
    assert rows[50]['alone'] == 0 and 'alone' not in rows[0]


def test_tables_name_each_rule(maps):
    text = table(measure([maps]))
    for name in [*FAMILIES, *FIXED]:
        # What no set has is left out: here, maps of single views.
        assert (f'| {name} |' in text) == (name != 'views agree')
    assert len({line.count('|') for line in text.split('\n\n')[0].splitlines()}) == 1
