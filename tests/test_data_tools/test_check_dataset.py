"""check_dataset.py: every fault is found, and nothing where there is none."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ppl_mm.data_tools.check.findings import find_all
from ppl_mm.data_tools.check.scan import ScanOptions, scan_dataset
from ppl_mm.data_tools.demo.data import write_demo_data
from ppl_mm.formats.mask_file import write_label
from ppl_mm.utils import cli

ROOT = Path(__file__).parents[2]
NAMES = ('dax', 'fep', 'toma', 'wug')


@pytest.fixture(scope='session')
def good(tmp_path_factory):
    """Data without a fault, of the usual layout; do not change it."""
    root = tmp_path_factory.mktemp('good') / 'data'
    write_demo_data(root, train=80, val=16, size=64)
    return root


@pytest.fixture
def data(good, tmp_path):
    return shutil.copytree(good, tmp_path / 'data')


@pytest.fixture
def check(tmp_path, capsys, load_tool):
    """Runs the command; returns status, output and report."""
    tool = load_tool('check_dataset')

    def run(root, *more):
        out = tmp_path / 'report'
        with pytest.raises(SystemExit) as end:
            cli.run(lambda: tool.main([str(root), '--out', str(out), '--workers', '2', *more]))
        text = capsys.readouterr().out
        assert (out / 'report.png').is_file()
        return end.value.code, text, json.loads((out / 'report.json').read_text())

    return run


def test_demo_data_have_no_fault(good, check):
    status, text, report = check(good)
    assert status == 0 and report['findings'] == []
    assert report['images'] == report['masks'] == 96
    assert report['lists'] == dict(train=80, val=16)
    rows = (good / 'image_labels.csv').read_text().splitlines()[1:]
    for split in ('train', 'val'):
        ids = set((good / f'ImageSets/Segmentation/{split}.txt').read_text().split())
        for name in NAMES:
            expected = sum(
                name in row.split(',')[1].split() for row in rows if row.split(',')[0] in ids
            )
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


def edit(path, change):
    path.write_text(change(path.read_text()))


def mask_of(data, stem='train_00000'):
    return data / f'SegmentationClass/{stem}.png'


def image_of(data, stem='train_00000'):
    return data / f'JPEGImages/{stem}.jpg'


def list_of(data, name='train'):
    return data / f'ImageSets/Segmentation/{name}.txt'


def no_classes(data):
    (data / 'classes.txt').write_text('dax\nfep\n')


def no_labels(data):
    (data / 'image_labels.csv').unlink()
    shutil.rmtree(data / 'Annotations')


def bad_line(data):
    edit(data / 'image_labels.csv', lambda text: text + 'a,b,c\n')


def twice_labelled(data):
    edit(data / 'image_labels.csv', lambda text: text + 'val_00001,dax\n')


def unknown_class(data):
    edit(data / 'image_labels.csv', lambda text: text.replace('dax', 'daxx', 3))


def lost_image(data):
    image_of(data).unlink()
    mask_of(data).unlink()


def lost_label(data):
    edit(
        data / 'image_labels.csv',
        lambda text: '\n'.join(line for line in text.splitlines() if 'train_00003' not in line),
    )


def twice_listed(data):
    edit(list_of(data), lambda text: text + 'train_00001\n')


def no_train_list(data):
    list_of(data).rename(list_of(data, 'other'))


def cut_image(data):
    path = image_of(data)
    path.write_bytes(path.read_bytes()[:-200])


def cut_mask(data):
    path = mask_of(data)
    path.write_bytes(path.read_bytes()[:-100])


def colour_mask(data):
    Image.new('RGB', (64, 64)).save(mask_of(data))


def small_mask(data):
    write_label(mask_of(data), np.zeros((64, 63), np.uint8))


def unknown_value(data):
    write_label(mask_of(data), np.full((64, 64), 9, np.uint8))


def no_image_folder(data):
    shutil.rmtree(data / 'JPEGImages')


def write_json(data, content):
    (data / 'image_labels.csv').unlink()
    (data / 'image_labels.json').write_text(json.dumps(content))


def class_number(data):
    write_json(
        data,
        dict(metainfo=dict(classes=7), data_list=[dict(img_path='train_00000.jpg', gt_label=[0])]),
    )


def class_number_alone(data):
    (data / 'classes.txt').unlink()
    class_number(data)


def nested_label(data):
    write_json(data, dict(train_00000=[['dax']]))


def object_label(data):
    write_json(data, dict(train_00000=[dict(dax=1)]))


def thin_image(data):
    Image.new('RGB', (260, 4)).save(image_of(data))
    write_label(mask_of(data), np.tile(np.array(Image.open(mask_of(data))), (1, 5))[:4, :260])


ERRORS = [
    (class_number, 'metainfo.classes: expected a list of class names, got 7'),
    (class_number_alone, 'metainfo.classes: expected a list of class names'),
    (nested_label, "entry 'train_00000': expected a list of classes, got one"),
    (object_label, "entry 'train_00000': expected a list of classes, got one"),
    (no_classes, "is 'dax', expected 'background'"),
    (no_labels, 'label file is missing'),
    (bad_line, "is 'a,b,c', expected"),
    (twice_labelled, "image 'val_00001' occurs twice"),
    (unknown_class, '3 labels are of an unknown class'),
    (lost_image, 'train.txt names 1 images that are not there'),
    (lost_label, 'train.txt names 1 images without a label'),
    (twice_listed, "image 'train_00001' occurs twice"),
    (no_train_list, 'train.txt: the list is missing'),
    (cut_image, '1 images cannot be read'),
    (cut_mask, '1 masks cannot be read'),
    (colour_mask, '1 masks cannot be read'),
    (thin_image, '1 images are too small or too thin'),
    (small_mask, '1 masks have another size'),
    (unknown_value, '1 masks hold values that are not class ids'),
    (no_image_folder, 'folder of photos is missing'),
]


def findings(data):
    return find_all(scan_dataset(ScanOptions(data), workers=2))


@pytest.mark.parametrize('spoil, text', ERRORS)
def test_what_stops_training_is_an_error(data, spoil, text):
    spoil(data)
    (found,) = (
        finding for finding in findings(data) if finding.level == 'error' and text in finding.text
    )
    assert found.advice


def turned_image(data):
    """Stored on its side: mask and image are upright, so nothing is wrong."""
    image = Image.open(image_of(data)).resize((80, 64))
    exif = Image.Exif()
    exif[0x0112] = 8
    image.save(image_of(data), exif=exif)
    mask = Image.open(mask_of(data)).resize((64, 80))
    write_label(mask_of(data), np.array(mask))


def deep_image(data):
    image_of(data).unlink()
    deep = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16
    Image.fromarray(deep).save(image_of(data).with_suffix('.png'))


def dark_images(data):
    image_of(data).unlink()
    deep = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    Image.fromarray(deep).save(image_of(data).with_suffix('.png'))


def bright_images(data):
    deep_image(data)
    (data / 'image_values.json').write_text('{"white_level": 4095}')


def other_kinds(data):
    (data / 'JPEGImages/Thumbs.db').touch()
    (data / 'JPEGImages/.hidden').mkdir()
    os.mkfifo(data / 'JPEGImages/pipe.jpg')


def large_image(data):
    Image.new('RGB', (2600, 64)).save(image_of(data))
    write_label(mask_of(data), np.tile(np.array(Image.open(mask_of(data))), (1, 41))[:, :2600])


def tiny_image(data):
    Image.new('RGB', (40, 64)).save(image_of(data))
    write_label(mask_of(data), np.array(Image.open(mask_of(data)))[:, :40])


def leak(data):
    shutil.copy(image_of(data), image_of(data, 'val_00000'))


def both_lists(data):
    edit(list_of(data, 'val'), lambda text: text + 'train_00007\n')


def copies(data):
    shutil.copy(image_of(data), image_of(data, 'train_00001'))


def empty_class(data):
    edit(data / 'classes.txt', lambda text: text + 'zot\n')


def rare_class(data):
    edit(data / 'classes.txt', lambda text: text + 'zot\n')
    edit(data / 'image_labels.csv', lambda text: text.replace('train_00000,', 'train_00000,zot '))


def everywhere(data):
    path = data / 'image_labels.csv'
    edit(
        path,
        lambda text: '\n'.join(
            line if 'dax' in line or 'image' in line else f'{line} dax'
            for line in text.splitlines()
        ),
    )


def mask_without(data):
    write_label(mask_of(data), np.zeros((64, 64), np.uint8))


def other_kind(data):
    Image.new('RGB', (64, 64)).save(data / 'JPEGImages/extra.bmp')


def two_endings(data):
    Image.new('RGB', (64, 64)).save(image_of(data).with_suffix('.png'))


def label_of_nothing(data):
    edit(data / 'image_labels.csv', lambda text: text + 'extra,dax\n')


def no_masks(data):
    shutil.rmtree(data / 'SegmentationClass')


def one_mask_less(data):
    mask_of(data, 'val_00002').unlink()


def no_lists(data):
    shutil.rmtree(data / 'ImageSets')


def clear_labels(data, *images):
    """Turn images into negatives."""
    edit(
        data / 'image_labels.csv',
        lambda text: '\n'.join(
            line.split(',')[0] + ',' if line.split(',')[0] in images else line
            for line in text.splitlines()
        ),
    )


def drawn_negative(data):
    clear_labels(data, 'train_00000')


def negatives(data):
    clear_labels(data, 'train_00000', 'val_00000', 'val_00001')
    for image in ('train_00000', 'val_00000'):
        mask_of(data, image).unlink()
    write_label(mask_of(data, 'val_00001'), np.zeros((64, 64), np.uint8))


def misspelt(data):
    edit(data / 'classes.txt', lambda text: text + 'tomma\n')
    edit(data / 'image_labels.csv', lambda text: text.replace('toma', 'tomma', 1))


OTHERS = [
    (drawn_negative, 'warning', 'classes of masks are not among the labels'),
    (negatives, 'note', '1 training images and 2 of val show none of the classes'),
    (misspelt, 'warning', '1 classes may be other classes misspelt'),
    (turned_image, 'note', '1 images are turned by EXIF'),
    (deep_image, 'note', '1 images have 16 bits, of which 0 to 65535 become 0 to 255'),
    (dark_images, 'warning', 'become 0 to 255, but their values reach 4095'),
    (bright_images, 'warning', 'of which 0 to 4095 become 0 to 255, but their values reach 65535'),
    (other_kinds, 'warning', '1 entries of JPEGImages are not used: files of another kind'),
    (other_kinds, 'warning', '1 entries of JPEGImages are not used: pipes, devices'),
    (other_kinds, 'note', '1 entries of JPEGImages are not used: hidden'),
    (large_image, 'warning', '1 images have a side above 2500'),
    (tiny_image, 'warning', '1 images have a side below 64'),
    (leak, 'warning', '1 images of val are copies of training images'),
    (both_lists, 'warning', '1 images are both in train and in val'),
    (copies, 'note', '1 images are copies of another'),
    (empty_class, 'warning', '1 classes have no training image'),
    (rare_class, 'warning', '1 classes have fewer than 20 training'),
    (rare_class, 'warning', 'the rarest 1'),
    (rare_class, 'warning', '1 classes are not in val'),
    (everywhere, 'warning', '1 classes are in nearly every'),
    (everywhere, 'warning', 'labels have no pixel in the mask'),
    (mask_without, 'warning', 'labels have no pixel in the mask'),
    (other_kind, 'warning', '1 pictures are neither .jpg nor .png'),
    (two_endings, 'warning', '1 names belong to two files'),
    (label_of_nothing, 'warning', '1 labels are of images that are not'),
    (no_masks, 'note', 'there are no masks'),
    (one_mask_less, 'warning', '1 images of val have no mask'),
    (no_lists, 'warning', 'there are no lists'),
]


@pytest.mark.parametrize('spoil, level, text', OTHERS)
def test_what_does_not_is_a_warning_or_a_note(data, spoil, level, text):
    spoil(data)
    every = findings(data)
    assert 'error' not in {finding.level for finding in every}
    (found,) = (finding for finding in every if text in finding.text)
    assert found.level == level and found.advice


def test_the_only_class_in_every_training_image_is_an_error(data):
    shutil.rmtree(data / 'SegmentationClass')
    edit(data / 'classes.txt', lambda text: 'background\nwug\n')
    lines = (data / 'image_labels.csv').read_text().splitlines()[1:]
    rows = [f'{line.partition(",")[0]},wug' for line in lines]
    edit(data / 'image_labels.csv', lambda text: '\n'.join(['image,labels', *rows]))
    (found,) = (finding for finding in findings(data) if finding.level == 'error')
    assert found.text == 'the only class, wug, is in all 80 training images'
    assert '--negatives' in found.advice
    first = list_of(data, 'train').read_text().split()[0]
    edit(data / 'image_labels.csv', lambda text: text.replace(f'{first},wug', f'{first},'))
    levels = {finding.level for finding in findings(data)}
    assert 'error' not in levels and 'warning' in levels  # nearly every


def test_negatives_are_counted_and_need_no_mask(data, check):
    negatives(data)
    edit(data / 'image_labels.csv', lambda text: '\n'.join(text.splitlines()[:-1]))
    edit(list_of(data, 'val'), lambda text: '\n'.join(text.splitlines()[:-1]))
    status, printed, report = check(data)
    assert status == 0
    assert 'images: 92 with a class, 3 without, 1 unlabelled' in printed
    assert report['kinds'] == dict(with_class=92, without_class=3, unlabelled=1)
    assert not any('val have no mask' in finding['text'] for finding in report['findings'])
    (note,) = (finding for finding in report['findings'] if 'none of the' in finding['text'])
    assert '1 of val have no mask and are measured as all background' in note['advice']


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
    assert f'{errors} errors, {len(levels) - errors} warnings' in printed


def test_a_class_that_is_drawn_but_not_labelled(data, check):
    mask = np.array(Image.open(mask_of(data)))
    row = next(
        line
        for line in (data / 'image_labels.csv').read_text().splitlines()
        if 'train_00000' in line
    )
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
        [
            sys.executable,
            str(ROOT / 'tools/dataset_converters/check_dataset.py'),
            str(data),
            '--out',
            str(tmp_path / 'report'),
            '--workers',
            '2',
        ],
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


def test_another_folder_is_one_line(tmp_path, capsys, load_tool):
    with pytest.raises(SystemExit) as end:
        cli.run(lambda: load_tool('check_dataset').main([str(tmp_path / 'none')]))
    assert end.value.code == 2
    assert 'the folder is missing' in capsys.readouterr().err


def test_what_own_data_makes_has_no_error(convert, photos, check):
    out = convert('--skip-bad', '--masks', photos.masks)
    status, _, report = check(out)
    assert status == 0
    assert {finding['level'] for finding in report['findings']} <= {'warning', 'note'}
    texts = ' '.join(finding['text'] for finding in report['findings'])
    assert 'fewer than 20' in texts and 'mask' not in texts
