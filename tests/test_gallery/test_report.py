import copy
import json

import numpy as np
import pytest

from ppl_mm.errors import UserError
from ppl_mm.evaluation import summarize
from ppl_mm.gallery.pictures import pick
from ppl_mm.gallery.results import _compare, _sentences
from ppl_mm.gallery.tables import markdown_report, read_report, table_rows, terminal_report
from ppl_mm.utils.text import printable

CLASSES = ['background', 'cat', 'cow']
METHODS = [
    dict(key='cam', name='plain CAM', short='plain CAM'),
    dict(key='ppl', name='PPL', short='PPL'),
]


def report_of(**mious):
    """A report with these mIoU on train and val, and no cow on val."""
    confusion = np.array([[4, 1, 0, 0], [0, 3, 1, 0], [0, 0, 0, 0]])
    scores = summarize(confusion, CLASSES)
    measurements = [
        dict(
            method=method,
            role=role,
            split=split,
            num_images=number,
            threshold=None if method == 'segmentation' else 0.25,
            seed=0,
            scores=dict(scores, mIoU=miou),
        )
        for method, values in mious.items()
        for (role, split, number), miou in zip(
            (('masked', 'train', 12), ('val', 'val', 6)), values, strict=True
        )
    ]
    report = dict(
        name='mini',
        seed=0,
        classes=list(CLASSES),
        measurements=measurements,
        splits=dict(threshold='train'),
        methods=list(METHODS),
        comparisons=_compare(measurements, [method['key'] for method in METHODS]),
        steps=[dict(title='train', seconds=65)],
        seconds=65,
        panel=dict(rule='chosen so'),
    )
    return dict(report, sentences=_sentences(report))


@pytest.fixture
def report():
    return report_of(
        cam=(0.5, 0.4), ppl=(0.46, 0.45), pseudo_labels=(0.46, 0.45), segmentation=(0.55, 0.45)
    )


def test_the_words_follow_the_numbers(report):
    text = '\n'.join(report['sentences'])
    assert (
        'PPL does not beat plain CAM on train (12 images): '
        '-4.00 points (46.00 against 50.00 % mIoU).'
    ) in text
    assert 'PPL beats plain CAM on val (6 images): +5.00 points' in text
    assert (
        'segmentation network beats the pseudo-labels it learnt from on train (12 images): +9.00'
    ) in text
    assert (
        'segmentation network does not beat the pseudo-labels it learnt '
        'from on val (6 images): +0.00'
    ) in text
    assert report['comparisons']['ppl_over_cam'] == pytest.approx(dict(masked=-0.04, val=0.05))


def test_the_table(report):
    rows = {row[0]: row[1:] for row in table_rows(report)}
    assert list(rows) == [*CLASSES, 'mean (mIoU)', 'threshold']
    assert rows['background'] == ['80.0'] * 8
    assert rows['cow'] == ['n/a'] * 8
    assert rows['mean (mIoU)'] == ['50.0', '40.0', '46.0', '45.0', '46.0', '45.0', '55.0', '45.0']
    assert rows['threshold'] == ['0.25'] * 6 + [''] * 2


def test_thresholds_of_classes_are_not_said_to_be_one(report):
    assert 'chose one threshold for each method' in report['sentences'][-1]
    report = copy.deepcopy(report)
    for one in report['measurements'][:2]:
        one['thresholds'] = dict(cat=0.2, cow=0.8)
    assert table_rows(report)[-1] == ['threshold', *['by class'] * 2, *['0.25'] * 4, '', '']
    assert 'chose a threshold for each class in each method' in _sentences(report)[-1]


def test_masks_are_not_said_to_choose_a_threshold_that_was_given(report):
    report = copy.deepcopy(report)
    for one in report['measurements']:
        one['threshold_from'] = '0.25' if one['threshold'] else None
    said = _sentences(report)[-1]
    assert said.startswith('Thresholds of maps: 0.25. They are used unchanged on train and val.')
    for one in report['measurements']:
        one['threshold_from'] = one['threshold_from'] and 'train'
    assert 'The masks of train chose one threshold' in _sentences(report)[-1]


def test_without_a_background_there_is_no_row_of_thresholds(report):
    report, with_row = copy.deepcopy(report), table_rows(report)
    for one in report['measurements']:
        one['threshold'] = None
    assert table_rows(report) == with_row[:-1]
    for text in (terminal_report(report), markdown_report(report)):
        names = [line.strip('|* ').split('  ')[0].split('**')[0] for line in text.splitlines()]
        assert 'mean (mIoU)' in text and not any(one.startswith('threshold') for one in names)


@pytest.mark.parametrize('name', ['cow', 'a class of a very long name'])
def test_columns_stand_below_their_names(report, name):
    report = copy.deepcopy(report)
    report['classes'][2] = name
    for one in report['measurements']:
        one['scores']['per_class'][name] = one['scores']['per_class']['cow']
    lines = terminal_report(report).splitlines()[1:]
    ends = {len(line.rstrip()) for line in (*lines[:3], lines[6])}
    assert len(ends) == 1
    assert ends == {64 + max(13, len(name))}
    assert [line[: len(name)] for line in lines].count(name) == 1


def test_markdown_has_as_many_cells_in_each_row(report):
    lines = markdown_report(report).splitlines()
    table = [line for line in lines if line.startswith('|')][:6]
    assert {line.count('|') for line in table} == {10}


@pytest.mark.parametrize(
    'name, cell',
    [
        ('<script>alert(1)</script>', r'\<script\>alert(1)\</script\>'),
        ('a|b', r'a\|b'),
        ('*bold* `code` [link](x)', r'\*bold\* \`code\` \[link\](x)'),
        ('_a_ snake_case', r'\_a\_ snake_case'),
        ('two\nlines\x1b[2J', r'two\\nlines\\x1b\[2J'),
    ],
)
def test_class_names_are_escaped(report, name, cell):
    report['classes'][2] = name
    for one in report['measurements']:
        one['scores']['per_class'][name] = one['scores']['per_class']['cow']
    assert f'| {cell} | n/a |' in markdown_report(report)
    row = next(line for line in terminal_report(report).splitlines() if 'n/a' in line)
    assert row.startswith(printable(name))
    assert json.loads(json.dumps(report))['classes'][2] == name


@pytest.mark.parametrize('count', range(9))
def test_pick_takes_nothing_twice(count):
    chosen = pick([f'{k}' for k in range(count)], 2)
    names = [name for _, name in chosen]
    assert names == sorted(set(names)) and len(names) == min(count, 6)
    if count:
        assert chosen[0] == ('best', '0')
    if count >= 6:
        assert [kind for kind, _ in chosen] == 'best best median median worst worst'.split()
        assert names[-1] == f'{count - 1}'


def test_no_report(tmp_path):
    with pytest.raises(UserError, match='run the pipeline to its end'):
        read_report(tmp_path)


def test_any_number_of_methods(report):
    """Each is compared with the first; the last makes the pseudo-labels."""
    third = dict(key='st', name='self-trained PPL', short='PPL-ST')
    mious = dict(cam=(0.5, 0.4), ppl=(0.46, 0.45), st=(0.6, 0.6))
    methods, METHODS[:] = list(METHODS), [*METHODS, third]
    try:
        report = report_of(**mious, pseudo_labels=(0.7, 0.6), segmentation=(0.7, 0.7))
    finally:
        METHODS[:] = methods
    assert {'ppl_over_cam', 'st_over_cam', 'pseudo_labels_over_st'} <= set(report['comparisons'])
    assert 'pseudo_labels_over_ppl' not in report['comparisons']
    text = '\n'.join(report['sentences'])
    assert 'self-trained PPL beats plain CAM on train (12 images): +10.00 points' in text
    head = markdown_report(report).splitlines()[2]
    assert '| PPL, train | PPL, val | PPL-ST, train | PPL-ST, val |' in head
    assert len(table_rows(report)[0]) == 11
