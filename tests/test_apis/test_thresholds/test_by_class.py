"""Thresholds of classes, by few masks, by what is known of their objects, and as given."""

import numpy as np
import pytest
from PIL import Image

from ppl_mm.apis.thresholds.chooser import choose_by_maps, choose_by_masks
from ppl_mm.cams import label_from_cam
from ppl_mm.cams.expected_area import parse_areas
from ppl_mm.cams.threshold_choice import ThresholdChoice, check_cut
from ppl_mm.errors import UserError
from ppl_mm.evaluation.confusion import confusion_matrix, mean_scores
from ppl_mm.formats.cam_file import CamFile, read_cam, write_cam
from ppl_mm.formats.data_record import BoxShares
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.export_record import ExportRecord
from ppl_mm.formats.ground_truth import GroundTruth
from ppl_mm.utils.class_values import split_classes

CLASSES = ['small', 'large']
IDS = [f'a{k:02}' for k in range(40)]
#: Where the objects of each class end on a map that is the same for both.
ENDS = (0.9, 0.3)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Peaks of two classes, by turns: objects of one end high on their maps, of the other low."""
    files = ExportFolder(tmp_path_factory.mktemp('classes'))
    distance = np.abs(np.arange(40) - 19.5) / 20
    peak = (1 - np.hypot(distance[:, None], distance) / 1.5).clip(0, 1)
    (files.root / 'masks').mkdir()
    for k, image_id in enumerate(IDS):
        cam_file = CamFile(class_ids=[k % 2], cam=peak[None], size=(40, 40))
        write_cam(files.cam_path(image_id), cam_file)
        mask = (peak > ENDS[k % 2]) * (1 + k % 2)
        Image.fromarray(mask.astype(np.uint8)).save(files.root / f'masks/{image_id}.png')
    return files


def by_masks(folder, number, prior=0.5, **more):
    truth = GroundTruth(folder.root / 'masks')
    prior = ThresholdChoice(prior, auto=True, **more)
    return choose_by_masks(folder, truth, IDS[:number], CLASSES, 'few', prior)


def miou(folder, choice):
    total = np.zeros((3, 4), np.int64)
    truth = GroundTruth(folder.root / 'masks')
    for image_id in IDS:
        label = label_from_cam(read_cam(folder.cam_path(image_id)), choice.threshold(CLASSES))
        total += confusion_matrix(label, truth.read(image_id, (40, 40)), 2)
    return float(mean_scores(total)['mIoU'])


def test_masks_cut_each_class_where_its_objects_end(folder):
    gaps = []
    for number in (2, 6, 20, 40):
        cuts = by_masks(folder, number).threshold(CLASSES)
        gaps.append(np.abs(np.array(cuts) - ENDS).max())
    assert gaps == sorted(gaps, reverse=True) and gaps[-1] < 0.1 < gaps[0]


def test_classes_gain_over_one_threshold_for_all(folder):
    truth = GroundTruth(folder.root / 'masks')
    shared = choose_by_masks(folder, truth, IDS, CLASSES, 'all')
    own = by_masks(folder, 40)
    assert not shared.by_class and miou(folder, own) > miou(folder, shared) + 0.1
    assert own.origin['mIoU'] == pytest.approx(miou(folder, own))


def test_a_class_that_no_mask_shows_keeps_the_shared_threshold(folder):
    truth = GroundTruth(folder.root / 'masks')
    prior = ThresholdChoice(0.5, auto=True)
    found = choose_by_masks(folder, truth, IDS[:10:2], CLASSES, 'few', prior)
    assert found.by_class['large'] == pytest.approx(found.value, abs=0.006)
    known = ThresholdChoice(0.5, auto=True, by_class=dict(large=0.22))
    found = choose_by_masks(folder, truth, IDS[:10:2], CLASSES, 'few', known)
    assert found.by_class['large'] == pytest.approx(0.22)


def test_one_class_has_one_threshold(folder):
    truth = GroundTruth(folder.root / 'masks')
    prior = ThresholdChoice(0.5, auto=True)
    found = choose_by_masks(folder, truth, IDS[:10:2], ['small'], 'few', prior)
    assert not found.by_class and isinstance(found.threshold(['small']), float)


def test_classes_whose_thresholds_are_equal_are_measured_as_the_others(folder, monkeypatch):
    monkeypatch.setattr('ppl_mm.apis.thresholds.chooser.between', lambda *_: 0.7)
    found = by_masks(folder, 40)
    assert found.threshold(CLASSES) == 0.7
    assert found.origin['mIoU'] == pytest.approx(miou(folder, found))


def test_what_is_known_of_the_only_class_counts(folder):
    truth = GroundTruth(folder.root / 'masks')
    prior = ThresholdChoice(0.5, auto=True, by_class=dict(small=0.8))
    found = choose_by_masks(folder, truth, IDS[:2:2], ['small'], 'few', prior)
    assert found.origin['prior_threshold'] == 0.8 and found.value > 0.79


def covered(folder, name, cut):
    shown = [read_cam(folder.cam_path(one)).cam for one in IDS[CLASSES.index(name) :: 2]]
    return np.mean([(cam > cut).mean() for cam in shown])


def by_maps(folder, choice=None, boxes=None):
    return choose_by_maps(folder, IDS, CLASSES, choice or ThresholdChoice(auto=True), boxes)


def test_areas_of_classes(folder):
    free = by_maps(folder)
    area = dict(small=(0.01, 0.03))
    found = by_maps(folder, ThresholdChoice(auto=True, area_of=area))
    assert 0.01 <= covered(folder, 'small', found.by_class['small']) <= 0.03
    assert 'large' not in found.by_class and found.value == free.value
    assert found.origin['by_class'] == dict(found.by_class)
    labels = [covered(folder, name, found.by_class.get(name, found.value)) for name in CLASSES]
    assert found.origin['covered'] == pytest.approx(np.mean(labels), abs=0.01)


def test_boxes_of_classes_are_the_most_that_they_cover(folder):
    free = by_maps(folder)
    found = by_maps(folder, boxes=BoxShares(of_class=dict(small=0.02, large=0.95)))
    assert covered(folder, 'small', found.by_class['small']) <= 0.02
    assert found.by_class['large'] == free.value
    said = ThresholdChoice(auto=True, area_of=dict(large=(0.5, 0.6)))
    assert 'small' not in by_maps(folder, said, BoxShares(of_class=dict(small=0.02))).by_class
    said = ThresholdChoice(auto=True, expected_area=(0.2, 0.3))
    assert not by_maps(folder, said, BoxShares(of_class=dict(small=0.02))).by_class


def test_what_is_given_counts(folder):
    given = ThresholdChoice.given('small=0.77')
    found = by_maps(folder, given, BoxShares(of_class=dict(small=0.02)))
    assert found.by_class['small'] == 0.77 and 'given for small' in found.origin['auto']


@pytest.mark.parametrize(
    'text, value, auto, by_class',
    [
        ('0.3', 0.3, False, {}),
        ('auto,a=0.8', 0.15, True, dict(a=0.8)),
        ('a=0.8, b c=0.9', 0.15, True, {'a': 0.8, 'b c': 0.9}),
        ('0.2,a=b=0.8', 0.2, False, {'a=b': 0.8}),
        ('0.2,"a, b"=0.8, "c=1,2=0.9"', 0.2, False, {'a, b': 0.8, 'c=1,2': 0.9}),
    ],
)
def test_forms(text, value, auto, by_class):
    choice = ThresholdChoice.given(text)
    assert (choice.value, choice.auto, choice.by_class) == (value, auto, by_class)


def test_areas():
    assert parse_areas('1-5%') == ((0.01, 0.05), {})
    assert parse_areas('a=1-5%,b=10%') == (None, dict(a=(0.01, 0.05), b=(0.1, 0.1)))
    assert parse_areas('3%,b=10%') == ((0.03, 0.03), dict(b=(0.1, 0.1)))
    assert parse_areas('"a, b"=10%') == (None, {'a, b': (0.1, 0.1)})


@pytest.mark.parametrize('text', ['a=0.1,b', 'a=,b=1', '=0.3', 'a=0.1,a=0.2', '0.3,'])
def test_what_is_not_of_the_form_is_one_line(text):
    with pytest.raises(UserError, match='--threshold') as raised:
        ThresholdChoice.given(text)
    assert '\n' not in str(raised.value)


def test_what_a_record_says_can_be_given():
    names = ['a', 'b, c', 'd "e"', 'f=1']
    record = ExportRecord(classes=tuple(names), threshold=[0.1, 0.2, 0.3, 0.4])
    assert ThresholdChoice.given(record.threshold_text).threshold(names) == record.threshold


def test_a_path_is_left_whole():
    assert split_classes('work=1,2/export.json', '--threshold', '') == ('work=1,2/export.json', {})


def test_an_export_says_nothing_of_a_class_that_it_has_not(tmp_path):
    path = tmp_path / 'export.json'
    ExportRecord(classes=tuple(CLASSES), threshold=[0.8, 0.3]).write(path)
    ThresholdChoice.given(str(path)).check_names(CLASSES[::-1])
    assert ThresholdChoice.given(str(path)).threshold(CLASSES[::-1]) == [0.3, 0.8]
    with pytest.raises(UserError, match="no threshold for class 'new'; add it, as export.json,new"):
        ThresholdChoice.given(str(path)).check_names([*CLASSES, 'new'])
    more = ThresholdChoice.given(f'{path},new=0.5')
    more.check_names([*CLASSES, 'new'])
    assert more.threshold([*CLASSES, 'new']) == [0.8, 0.3, 0.5]


def test_names_are_those_of_classes():
    check_cut('', 'small=1%', CLASSES)
    with pytest.raises(UserError, match="'smal' is not a class; did you mean small?"):
        check_cut('smal=0.3', '', CLASSES)
    with pytest.raises(UserError, match='leave out --threshold'):
        check_cut('small=0.3', '1%')


def test_a_class_with_small_maps_is_cut_higher(tmp_path):
    """Unless more is known of its objects, or its threshold is given."""
    files = ExportFolder(tmp_path)
    distance = np.hypot(*(np.mgrid[:40, :40] - 19.5))
    for k, image_id in enumerate(IDS[:6]):
        peak = np.exp(-((distance / (2, 12)[k % 2]) ** 2))
        write_cam(
            files.cam_path(image_id), CamFile(class_ids=[k % 2], cam=peak[None], size=(40, 40))
        )

    def chosen(text='auto', area='', boxes=None):
        choice = ThresholdChoice.given(text)
        choice = choice.knowing(area) if area else choice
        return choose_by_maps(files, IDS[:6], CLASSES, choice, boxes)

    free = chosen()
    assert list(free.by_class) == ['small'] and free.by_class['small'] > 2 * free.value
    assert 'higher for small, whose maps are small' in free.origin['auto']
    assert free.origin['covered'] < 0.5 * chosen(area='5-30%').origin['covered'] + 0.2
    assert chosen('auto,small=0.1').by_class == dict(small=0.1)
    assert not chosen(area='5-30%').by_class
    wide = chosen(boxes=BoxShares(of_class=dict(small=0.9)))
    assert wide.by_class == free.by_class and 'maps are small' not in wide.origin['auto']
    known = chosen(area='small=30-40%')
    assert known.by_class['small'] < free.value
