import json

import numpy as np
import pytest

from ppl_mm.evaluation import format_table, summarize

MATRIX = np.array([[3, 1, 1, 0, 1], [1, 2, 0, 0, 1], [0, 0, 0, 0, 0], [1, 1, 0, 0, 0]])
CLASSES = ['background', 'cat', 'cow', 'dog']


def test_a_summary_is_plain_json_in_fractions():
    summary = json.loads(json.dumps(summarize(MATRIX, CLASSES), allow_nan=False))
    assert summary['mIoU'] == pytest.approx((3 / 8 + 2 / 6 + 0) / 3)
    assert summary['per_class']['cat'] == dict(
        iou=pytest.approx(1 / 3),
        precision=0.5,
        recall=0.5,
        over_activation=pytest.approx(1 / 3),
        under_activation=pytest.approx(1 / 3),
        pixels=4,
    )
    assert summary['per_class']['cow']['iou'] is None
    assert summary['per_class']['dog']['precision'] is None
    assert summary['absent_classes'] == ['cow']
    assert summary['ignored_share'] == pytest.approx(2 / 12)
    assert summary['num_pixels'] == 12
    assert summary['confusion_matrix'] == MATRIX.tolist()


def test_nothing_measured():
    summary = summarize(0 * MATRIX, CLASSES)
    assert summary['mIoU'] is None and summary['ignored_share'] is None
    assert 'n/a' in format_table(summary)


def test_a_table_has_a_line_per_class_and_the_mean():
    lines = format_table(summarize(MATRIX, CLASSES)).splitlines()
    assert [line.split()[0] for line in lines[1:6]] == [*CLASSES, 'mean']
    assert lines[1].split()[1] == '37.50' and lines[3].split()[1] == 'n/a'
    assert lines[5].split()[1] == '23.61'
    assert lines[6].endswith('1 (cow)') and '16.67 %' in lines[7]


def test_names_must_include_the_background():
    with pytest.raises(ValueError, match='3 class names for 4'):
        summarize(MATRIX, CLASSES[1:])


def test_without_a_background_there_is_no_row_of_it():
    matrix = MATRIX.copy()
    matrix[2, 2] = 4
    summary = summarize(matrix, ['no background', *CLASSES[1:]])
    assert list(summary['per_class']) == CLASSES[1:]
    # A true 0 is void; a predicted one is wrong, as 255 is.
    assert summary['mIoU'] == pytest.approx((2 / 5 + 4 / 4 + 0) / 3)
    assert summary['num_pixels'] == 10 and summary['ignored_share'] == pytest.approx(3 / 10)
    assert summary['confusion_matrix'] == [[2, 0, 0, 2], [0, 4, 0, 0], [1, 0, 0, 1]]
    assert 'background' not in format_table(summary)
