"""check_dataset.py: every fault is found, and nothing where there is none."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from test_data_tools.checked_data import (
    NAMES,
    edit,
    list_of,
    lost_image,
    mask_of,
    rare_class,
    unknown_class,
)

from ppl_mm.data_tools.check.scan import ScanOptions, scan_dataset
from ppl_mm.formats.mask_file import write_label
from ppl_mm.utils.text import counted

ROOT = Path(__file__).parents[2]
TOOL = ROOT / 'tools/dataset_converters/check_dataset.py'


def test_demo_data_have_no_fault(good, check):
    status, text, report = check(good)
    assert status == 0 and report['findings'] == []
    assert report['images'] == report['masks'] == 96
    assert report['lists'] == dict(train=80, val=16)
    rows = [row.split(',') for row in (good / 'image_labels.csv').read_text().splitlines()]
    for split in ('train', 'val'):
        ids = set(list_of(good, split).read_text().split())
        for name in NAMES:
            expected = sum(name in shown.split() for image, shown in rows if image in ids)
            assert report['counts'][split][name] == expected
            assert str(expected) in text
    assert report['sizes']['median'] == [64, 64]


def test_a_devkit_needs_no_class_list(good, check, tmp_path):
    root = tmp_path / 'VOC2012'
    for name in ('JPEGImages', 'Annotations', 'SegmentationClass', 'ImageSets'):
        shutil.copytree(good / name, root / name)
    status, _, report = check(root)
    assert status == 0 and report['labels'] == 'Annotations'
    assert report['classes'] == list(NAMES)
    (finding,) = report['findings']
    assert finding['level'] == 'note' and 'classes.txt' in finding['text']
    assert check(root, '--classes', *NAMES)[2]['findings'] == []
    assert report['counts'] == check(good)[2]['counts']


def test_images_in_folders_as_in_coco(data, check):
    """Ids with folders; the folders are links to elsewhere."""
    for kind in ('JPEGImages', 'SegmentationClass'):
        whole = data.parent / kind
        (data / kind).rename(whole)
        (data / kind).mkdir()
        (data / kind / 'part').symlink_to(whole)
    path = data / 'image_labels.csv'
    head, *rows = path.read_text().splitlines()
    path.write_text('\n'.join([head, *(f'part/{row}' for row in rows)]))
    for path in (data / 'ImageSets/Segmentation').iterdir():
        path.write_text(''.join(f'part/{line}\n' for line in path.read_text().split()))
    status, _, report = check(data)
    assert status == 0 and report['masks'] == 96
    assert report['findings'] == []


def test_cases_and_advice_are_printed_the_worst_first(data, check):
    lost_image(data)
    rare_class(data)
    unknown_class(data)
    status, printed, report = check(data)
    assert status == 1
    levels = [finding['level'] for finding in report['findings']]
    assert levels == sorted(levels) and {'error', 'warning'} <= set(levels)
    for finding in report['findings']:
        assert f'{finding["level"]}: {finding["text"]}' in printed
        assert f'  -> {finding["advice"]}' in printed
        for item in finding['items'][:5]:
            assert f'    {item}' in printed
    errors = levels.count('error')
    warnings = counted(len(levels) - errors, 'warning')
    assert f'{counted(errors, "error")}, {warnings}' in printed


def test_a_class_that_is_drawn_but_not_labelled(data, check):
    mask = np.array(Image.open(mask_of(data)))
    rows = (data / 'image_labels.csv').read_text().splitlines()
    row = next(row for row in rows if 'train_00000' in row)
    absent = next(k for k, name in enumerate(NAMES) if name not in row)
    mask[:3] = absent + 1
    write_label(mask_of(data), mask)
    _, _, report = check(data)
    (finding,) = report['findings']
    assert finding['items'] == [f'train_00000: {NAMES[absent]}']


def test_the_report_is_written_where_stdout_knows_ascii_only(data, tmp_path):
    for path in (data / 'classes.txt', data / 'image_labels.csv'):
        edit(path, lambda text: text.replace('dax', 'açaí'))
    done = subprocess.run(
        [sys.executable, TOOL, data, '--out', tmp_path / 'report', '--workers', '2'],
        capture_output=True,
        text=True,
        env=dict(
            os.environ,
            PYTHONIOENCODING='ascii',
            PYTHONUTF8='0',
            PYTHONPATH=os.pathsep.join([str(ROOT), *sys.path]),
        ),
    )
    assert done.returncode == 0, done.stderr
    assert r'a\xe7a\xed' in done.stdout and '##' in done.stdout
    report = json.loads((tmp_path / 'report/report.json').read_text())
    assert 'açaí' in report['classes']
    assert (tmp_path / 'report/report.png').is_file()


def test_bars_are_of_blocks_where_stdout_has_them(good, check):
    assert '██' in check(good)[1]


def test_what_own_data_makes_has_no_error(convert, photos, check):
    out = convert('--skip-bad', '--masks', photos.masks)
    status, _, report = check(out)
    assert status == 0
    assert {finding['level'] for finding in report['findings']} <= {'warning', 'note'}
    texts = ' '.join(finding['text'] for finding in report['findings'])
    assert 'fewer than 20' in texts and 'mask' not in texts


def test_without_lists_annotations_are_found_in_folders_below(tmp_path):
    (tmp_path / 'Annotations/more').mkdir(parents=True)
    text = '<annotation><object><name>cat</name></object></annotation>'
    (tmp_path / 'Annotations/more/a.xml').write_text(text)
    assert scan_dataset(ScanOptions(tmp_path), workers=1).labels == {'more/a': ('cat',)}
