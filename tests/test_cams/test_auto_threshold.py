"""Thresholds that the maps choose: what must hold whatever the rule is."""

import numpy as np
import pytest

from ppl_mm.cams import choose_threshold
from ppl_mm.cams.auto_threshold import MapStatistics, map_area
from ppl_mm.formats.cam_file import CamFile


def blob(width, floor=0.0, class_id=0, side=24):
    """Maps of one image: a peak of some width on a floor, normalized."""
    y, x = np.mgrid[:side, :side] - side // 2
    peak = np.exp(-(x**2 + y**2) / (2 * width**2))
    return CamFile(
        class_ids=[class_id], cam=(floor + (1 - floor) * peak)[None], size=(4 * side, 4 * side)
    )


def negative(side=24):
    return CamFile(class_ids=[], cam=np.zeros((0, side, side)), size=(4 * side, 4 * side))


def covered(cams, cut):
    """An independent count: mean share of an image with a class that is above a cut."""
    cams = [one for one in cams if len(one.class_ids)]
    return np.mean([(one.cam.max(axis=0) > np.float16(cut)).mean() for one in cams])


@pytest.fixture
def cams():
    return [blob(width) for width in (2, 3, 4, 6)]


def test_the_order_of_images_does_not_matter(cams):
    assert choose_threshold(cams) == choose_threshold(cams[::-1])


def test_negatives_without_maps_change_nothing(cams):
    assert choose_threshold([negative(), *cams, negative()]) == choose_threshold(cams)


def test_maps_that_flood_are_cut_far_above_the_default():
    flood = [blob(width, floor=0.3) for width in (2, 3, 4, 6)]
    assert covered(flood, 0.15) == 1
    chosen = choose_threshold(flood)
    assert chosen.value > 0.15 and chosen.covered < 0.5


def test_the_higher_the_maps_lie_the_higher_the_cut():
    cuts = [choose_threshold([blob(3, floor)]).value for floor in (0, 0.1, 0.2, 0.4)]
    assert cuts == sorted(cuts) and len(set(cuts)) == len(cuts)


def test_larger_objects_are_not_cut_away():
    """The cut rises with the objects, but covers more of them."""
    small, large = (choose_threshold([blob(width)]) for width in (2, 6))
    assert small.covered < large.covered


def test_the_rule_by_hand():
    cam = np.array([[[1.0, 0.5], [0.25, 0.25]]])
    chosen = choose_threshold([CamFile(class_ids=[0], cam=cam, size=(2, 2))])
    assert chosen.value == round(0.5 + 0.5 * np.std([1, 0.5, 0.25, 0.25]), 2)


def test_it_says_what_it_covers(cams):
    chosen = choose_threshold(cams)
    assert chosen.covered == pytest.approx(covered(cams, chosen.value), abs=0.002)
    assert chosen.num_images == len(cams)


@pytest.mark.parametrize('area', [(0.01, 0.05), (0.05, 0.1), (0.2, 0.4), (0.03, 0.03)])
def test_the_expected_area_is_kept(cams, area):
    chosen = choose_threshold(cams, area)
    assert area[0] - 0.01 <= covered(cams, chosen.value) <= area[1] + 0.01
    assert 'expected area' in chosen.rule


def test_smaller_objects_are_cut_higher(cams):
    cuts = [choose_threshold(cams, (share, share)).value for share in (0.02, 0.05, 0.1, 0.3)]
    assert cuts == sorted(cuts, reverse=True) and len(set(cuts)) == len(cuts)


def test_an_expected_area_that_the_choice_has_anyway_changes_nothing(cams):
    free = choose_threshold(cams)
    assert choose_threshold(cams, (free.covered / 2, free.covered * 2)).value == free.value


@pytest.mark.parametrize('share', [0.01, 0.05, 0.2, 0.5])
def test_labels_cover_no_more_than_boxes(cams, share):
    free, chosen = choose_threshold(cams), choose_threshold(cams, box_share=share)
    if free.covered <= share:
        assert chosen == free
    else:
        assert chosen.covered <= share and chosen.value > free.value
        assert chosen.rule == f'at most the {100 * share:g} % of an image that boxes cover'
        before = choose_threshold(cams, (chosen.covered, free.covered))
        assert before.value == free.value  # nothing between: it is the nearest cut


def test_an_expected_area_overrules_boxes(cams):
    area = (0.05, 0.1)
    assert choose_threshold(cams, area, box_share=0.01) == choose_threshold(cams, area)


@pytest.mark.parametrize('cams', [[], [negative(), negative()]])
@pytest.mark.parametrize('area', [None, (0.01, 0.05)])
def test_without_a_map_the_choice_says_so(cams, area):
    chosen = choose_threshold(cams, area)
    assert (chosen.value, chosen.covered, chosen.num_images) == (0.5, 0, 0)
    assert chosen.rule == 'no image of the split has a class'


@pytest.mark.parametrize('share', [0.01, 0.25, 1.0])
def test_the_area_of_a_flat_map_is_what_it_covers(share):
    cam = np.zeros((20, 20))
    cam.flat[: round(400 * share)] = 0.7
    assert map_area(cam) == pytest.approx(share)


def test_a_low_map_beside_a_peak_counts_little():
    cam = np.full((10, 10), 0.01)
    assert map_area(cam) == pytest.approx(1)
    cam[0, 0] = 1
    assert 0.01 < map_area(cam) < 0.05 and map_area(np.zeros((4, 4))) == 0


def seen_of(*cams):
    seen = MapStatistics()
    for cam in cams:
        seen.update(cam)
    return seen


def test_classes_with_small_maps_are_cut_higher():
    areas = [map_area(blob(width).cam[0]) for width in (1, 2, 6)]
    assert areas[0] < areas[1] < 0.1 < areas[2]
    seen = seen_of(*(blob(width, class_id=k) for k, width in enumerate((1, 2, 6))))
    start = seen.choose().value
    cuts = seen.compact_cuts(start)
    assert set(cuts) <= {0, 1} and cuts[0] > start
    assert cuts[0] == pytest.approx(0.015 / areas[0], abs=0.006)
    assert seen.compact_cuts(0.95) == {} and 2 in seen.compact_cuts(0)


def test_maps_that_flood_are_cut_as_before():
    seen = seen_of(blob(6, floor=0.3), blob(3, floor=0.2, class_id=1))
    assert seen.compact_cuts(seen.choose().value) == {}


def test_maps_with_a_probe_are_cut_as_irn_unless_they_flood():
    for width, floor in ((1, 0), (2, 0), (2, 0.03)):
        seen = seen_of(blob(width, floor=floor))
        chosen = seen.choose(probed=True)
        assert 1.8 * blob(width, floor=floor).cam.mean() < 0.15
        assert chosen.value == 0.15 != seen.choose().value and 'as IRN' in chosen.rule
    flood = [blob(3, floor=0.2), blob(2, floor=0.4)]
    chosen = choose_threshold(flood, probed=True)
    expected = 1.8 * np.mean([one.cam.mean() for one in flood])
    assert chosen.value == pytest.approx(expected, abs=0.006) and chosen.value > 0.3
    assert 'which cover much' in chosen.rule


def test_what_is_known_of_objects_overrules_a_probe():
    cams = [blob(3), blob(5)]
    for known in (dict(expected_area=(0.01, 0.02)), dict(box_share=0.02)):
        assert choose_threshold(cams, probed=True, **known).covered <= 0.02 + 0.01


def test_an_empty_map_has_the_highest_cut():
    seen = seen_of(CamFile(class_ids=[0], cam=np.zeros((1, 4, 4)), size=(8, 8)))
    assert seen.compact_cuts(0.5) == {0: 0.95}


def test_what_several_processes_saw_is_added():
    one, other = seen_of(blob(1)), seen_of(blob(0.5), blob(2))
    one.merge(other)
    together = seen_of(blob(1), blob(0.5), blob(2))
    assert one.area() == pytest.approx(together.area())
    assert one.compact_cuts(0.1) == together.compact_cuts(0.1)
    flood, other = seen_of(blob(1, floor=0.2)), seen_of(blob(2, floor=0.4))
    together = seen_of(blob(1, floor=0.2), blob(2, floor=0.4))
    flood.merge(other)
    assert flood.level(probed=True)[0] == pytest.approx(together.level(probed=True)[0])


def test_large_objects_of_a_class_decide():
    small, large = map_area(blob(1).cam[0]), map_area(blob(6).cam[0])
    seen = seen_of(*[blob(1)] * 9, blob(6))
    expected = (9 * small**2 + large**2) / (9 * small + large)
    assert seen.of_class(0).area() == pytest.approx(expected)
    assert expected > (9 * small + large) / 10
