"""What does not stop training is a warning or a note of check_dataset.py."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image
from test_data_tools.checked_data import (
    clear_labels,
    edit,
    findings,
    image_of,
    list_of,
    mask_of,
    rare_class,
    relabel,
)

from ppl_mm.formats.mask_file import write_label


def turned_image(data):
    """Stored on its side: mask and image are upright, so nothing is wrong."""
    image = Image.open(image_of(data)).resize((80, 64))
    exif = Image.Exif()
    exif[0x0112] = 8
    image.save(image_of(data), exif=exif)
    mask = Image.open(mask_of(data)).resize((64, 80))
    write_label(mask_of(data), np.array(mask))


def deep_image(data, step=16):
    image_of(data).unlink()
    deep = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * step
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


def negatives(data):
    clear_labels(data, 'train_00000', 'val_00000', 'val_00001')
    for image in ('train_00000', 'val_00000'):
        mask_of(data, image).unlink()
    write_label(mask_of(data, 'val_00001'), np.zeros((64, 64), np.uint8))


def misspelt(data):
    edit(data / 'classes.txt', lambda text: text + 'tomma\n')
    edit(data / 'image_labels.csv', lambda text: text.replace('toma', 'tomma', 1))


def many_and_one(data):
    """Two spellings of a class, each with many images."""
    edit(data / 'classes.txt', lambda text: text + 'tomas\n')
    relabel(data, lambda image, shown: shown.replace('toma', 'toma' + 's' * (int(image[-1]) % 2)))


LABELS = 'image_labels.csv'


def everywhere(data):
    relabel(data, lambda image, shown: shown if 'dax' in shown else f'{shown} dax')


OTHERS = [
    (many_and_one, 'warning', '1 class may be another one misspelt'),
    (lambda data: clear_labels(data, 'train_00000'), 'warning', '1 class of masks is not among'),
    (negatives, 'note', '1 image of train and 2 of val show none of the classes'),
    (misspelt, 'warning', '1 class may be another one misspelt'),
    (turned_image, 'note', '1 image is turned by EXIF'),
    (deep_image, 'note', '1 image has 16 bits, of which 0 to 65535 become 0 to 255'),
    (lambda data: deep_image(data, 1), 'warning', 'become 0 to 255, but their values reach 4095'),
    (bright_images, 'warning', 'of which 0 to 4095 become 0 to 255, but their values reach 65535'),
    (other_kinds, 'warning', '1 entry of JPEGImages not used: files of another kind'),
    (other_kinds, 'warning', '1 entry of JPEGImages not used: pipes, devices'),
    (other_kinds, 'note', '1 entry of JPEGImages not used: hidden'),
    (large_image, 'warning', '1 image has a side above 2500'),
    (tiny_image, 'warning', '1 image has a side below 64'),
    (
        lambda data: shutil.copy(image_of(data), image_of(data, 'val_00000')),
        'warning',
        '1 image of val is a copy of training images',
    ),
    (
        lambda data: edit(list_of(data, 'val'), lambda text: text + 'train_00007\n'),
        'warning',
        '1 image is both in train and in val',
    ),
    (
        lambda data: shutil.copy(image_of(data), image_of(data, 'train_00001')),
        'note',
        '1 image is a copy of another',
    ),
    (
        lambda data: edit(data / 'classes.txt', lambda text: text + 'zot\n'),
        'warning',
        '1 class has no training image',
    ),
    (rare_class, 'warning', '1 class has fewer than 20 training'),
    (rare_class, 'warning', 'the rarest 1'),
    (rare_class, 'warning', '1 class is not in val'),
    (everywhere, 'warning', '1 class is in nearly every'),
    (everywhere, 'warning', 'labels have no pixel in the mask'),
    (
        lambda data: write_label(mask_of(data), np.zeros((64, 64), np.uint8)),
        'warning',
        '1 label has no pixel in the mask',
    ),
    (
        lambda data: Image.new('RGB', (64, 64)).save(data / 'JPEGImages/extra.bmp'),
        'warning',
        '1 picture is neither .jpg, .png nor .tif',
    ),
    (
        lambda data: Image.open(image_of(data)).save(image_of(data).with_suffix('.png')),
        'warning',
        '1 name belongs to two files',
    ),
    (
        lambda data: edit(data / LABELS, lambda text: text + 'extra,dax\n'),
        'warning',
        '1 label is of images that are not',
    ),
    (lambda data: shutil.rmtree(data / 'SegmentationClass'), 'note', 'there are no masks'),
    (lambda data: mask_of(data, 'val_00002').unlink(), 'warning', '1 image of val has no mask'),
    (lambda data: shutil.rmtree(data / 'ImageSets'), 'warning', 'there are no lists'),
]


@pytest.mark.parametrize('spoil, level, text', OTHERS)
def test_what_does_not_is_a_warning_or_a_note(data, spoil, level, text):
    spoil(data)
    every = findings(data)
    assert 'error' not in {finding.level for finding in every}
    (found,) = (finding for finding in every if text in finding.text)
    assert found.level == level and found.advice


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
