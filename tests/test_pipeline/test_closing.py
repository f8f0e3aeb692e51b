"""The last words of make_masks.py: how much labels cover, what corrected masks measure."""

import numpy as np
import pytest

from ppl_mm.formats.corrected_masks import write_corrected
from ppl_mm.formats.export_folder import ExportFolder
from ppl_mm.formats.export_record import ExportRecord, RefinementRecord
from ppl_mm.formats.mask_file import write_label
from ppl_mm.formats.result_folder import ResultFolder
from ppl_mm.formats.voc_layout import VOCLayout, write_lists
from ppl_mm.pipeline.closing import covered_lines, held_out_lines
from ppl_mm.utils.files import write_json

RULE = {'auto': 'mean + 0.5 standard deviations of the maps', 'covered': 0.2}
AREA = {'auto': 'expected area 1-5 %', 'covered': 0.04}


def lines(tmp_path, record, covered=0.189):
    results = ResultFolder(tmp_path)
    write_json(results.work / 'pipeline.json', dict(paths=dict(labels='refine')))
    ExportFolder(results.work / 'refine').write(record(dict(covered=covered)))
    return covered_lines(results)


def export(origin):
    return lambda seen: ExportRecord(
        classes=('cat',), threshold=0.2, threshold_from=origin, label_summary=seen
    )


def refinement(origin):
    return lambda seen: RefinementRecord(
        classes=('cat',), threshold=0.2, threshold_from=origin, label_summary=seen
    )


@pytest.mark.parametrize(
    'record', [export(RULE), refinement('the export (auto: mean + 0.5 standard deviations)')]
)
def test_what_the_maps_chose_is_for_people_to_judge(tmp_path, record):
    first, second = lines(tmp_path, record)
    assert '19 % of an image' in first and '--expected-area' in second


def test_labels_of_whole_images_cover_100_per_cent(tmp_path):
    assert 'labels cover 100 % of an image' in lines(tmp_path, export(RULE), covered=0.998)[0]


@pytest.mark.parametrize(
    'record', [export('0.4'), export(AREA), refinement('the export (auto: expected area 1-5 %)')]
)
def test_what_a_person_chose_is_not_questioned(tmp_path, record):
    assert lines(tmp_path, record) == []


def test_labels_of_nothing_and_folders_without_a_run_have_no_line(tmp_path):
    assert lines(tmp_path, export(RULE), covered=0.0) == []
    assert lines(tmp_path / 'none', export(RULE), covered=None) == []
    assert covered_lines(ResultFolder(tmp_path / 'empty')) == []


@pytest.fixture
def results(tmp_path):
    results = ResultFolder(tmp_path)
    splits = dict(train=['a', 'b'], val=['c', 'd'])
    write_lists(results.data, ('cat',), splits, {image: ['cat'] for image in 'abcd'})
    for image in 'abcd':
        label = np.zeros((8, 10), np.uint8)
        label[:4] = 1
        write_label(results.work / f'predict/predictions/{image}.png', label)
    return results


def half(value):
    mask = np.zeros((8, 10), np.uint8)
    mask[:, :5] = value
    return mask


def test_only_masks_outside_of_train_count(results):
    assert held_out_lines(results) == []
    learnt = write_corrected(VOCLayout(results.data), {'a': half(1), 'c': half(1)})
    assert learnt == ['a']
    (line,) = held_out_lines(results)
    # Of either class a quarter is shared, three quarters are covered.
    assert line.split()[:4] == ['measured:', '33.3', '%', 'mIoU']
    assert '1 corrected mask that nothing' in line


def test_corrections_of_train_alone_measure_nothing(results):
    write_corrected(VOCLayout(results.data), {'a': half(1)})
    assert held_out_lines(results) == []
