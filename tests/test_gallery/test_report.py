import copy
import json
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from ppl_mm.errors import UserError
from ppl_mm.evaluation import evaluate_labels, summarize
from ppl_mm.formats.image_folder import ImageFolder
from ppl_mm.formats.image_list import read_ids
from ppl_mm.gallery.pictures import pick
from ppl_mm.gallery.results import _compare, _sentences
from ppl_mm.gallery.tables import find, markdown_report, read_report, table_rows, terminal_report
from ppl_mm.pipeline.report import main
from ppl_mm.utils.files import file_sha256
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
    ('name', 'cell'),
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
        assert [kind for kind, _ in chosen] == [
            'best',
            'best',
            'median',
            'median',
            'worst',
            'worst',
        ]
        assert names[-1] == f'{count - 1}'


def test_no_report(tmp_path):
    with pytest.raises(UserError, match='run the pipeline to its end'):
        read_report(tmp_path)


@pytest.mark.slow
def test_the_report_of_a_run(finished):
    mini, work_dir, output = finished
    report, data = read_report(work_dir), mini.folder / 'data'
    assert terminal_report(report) in output
    assert len(report['measurements']) == 8
    for one in report['measurements']:
        confusion = np.array(one['scores']['confusion_matrix'])
        assert confusion.shape == (5, 6)
        assert one['scores'] == summarize(confusion, report['classes'])
        assert confusion.sum() == one['num_images'] * 48 * 48
        assert one['split'] == ('val' if one['role'] == 'val' else 'train')
        assert one['num_images'] == (6 if one['role'] == 'val' else 12)
        assert one['seed'] == 3
        assert one['checkpoint_sha256'] == file_sha256(mini.root / one['checkpoint'])
    assert find(report, 'ppl', 'val')['threshold'] == find(report, 'ppl', 'masked')['threshold']
    for role, name in (('masked', 'refine'), ('val', 'refine_val')):
        found = find(report, 'pseudo_labels', role)
        stems = read_ids(data / 'ImageSets/Segmentation' / f'{found["split"]}.txt')
        labels = evaluate_labels(
            work_dir / name / 'labels', data / 'SegmentationClass', stems, 4, progress=False
        )
        assert labels.tolist() == found['scores']['confusion_matrix']
        assert found['threshold'] is None
    assert [one['step'] for one in report['steps']][-1] == 'test_seg_val'


@pytest.mark.slow
def test_a_panel_without_the_photographs(finished, tmp_path, monkeypatch):
    _, work_dir, _ = finished
    path = tmp_path / 'panel.png'
    monkeypatch.setattr(ImageFolder, 'find', None)  # no photograph is read
    monkeypatch.setattr(sys, 'argv', ['report', str(work_dir), '--without-photos', str(path)])
    before = (work_dir / 'report.json').read_bytes()
    main()
    with Image.open(path) as ours, Image.open(work_dir / 'panel.png') as whole:
        assert ours.width < whole.width  # a column less
    assert (work_dir / 'report.json').read_bytes() == before


@pytest.mark.slow
def test_predictions_on_disk_are_those_that_were_measured(finished):
    mini, work_dir, _ = finished
    report, data = read_report(work_dir), mini.folder / 'data'
    stems = read_ids(data / 'ImageSets/Segmentation/train.txt')
    confusion = evaluate_labels(
        work_dir / 'test_seg/predictions', data / 'SegmentationClass', stems, 4, progress=False
    )
    assert (
        confusion.tolist() == find(report, 'segmentation', 'masked')['scores']['confusion_matrix']
    )


@pytest.mark.slow
def test_the_seed_reaches_each_training(finished):
    _, work_dir, _ = finished
    for step in ('train_cam', 'train_ppl', 'train_seg'):
        log = (work_dir / 'logs' / f'{step}.log').read_text()
        assert 'randomness.seed=3' in log
        assert 'Set random seed to 3' in log or 'seed: 3' in log


@pytest.mark.slow
def test_the_html_is_one_whole_file(finished):
    _, work_dir, _ = finished
    text = (work_dir / 'report.html').read_text()
    assert text.count('src="data:image/png;base64,') == 2
    assert '<script' not in text and '://' not in text
    tags = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in ('meta', 'img'):
                tags.append(tag)

        def handle_endtag(self, tag):
            assert tags.pop() == tag

    Parser().feed(text)
    assert tags == []
    assert json.loads((work_dir / 'report.json').read_text())['panel']['images']
    with Image.open(work_dir / 'panel.png') as picture:
        assert picture.size[0] > 900


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
