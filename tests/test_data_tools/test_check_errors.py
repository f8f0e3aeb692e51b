"""What stops training is an error of check_dataset.py."""

import json
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
    lost_image,
    mask_of,
    relabel,
    unknown_class,
)

from ppl_mm.formats.mask_file import write_label

LABELS = 'image_labels.csv'


def no_labels(data):
    (data / LABELS).unlink()
    shutil.rmtree(data / 'Annotations')


def cut_file(path, count):
    path.write_bytes(path.read_bytes()[:-count])


def class_number(data):
    (data / LABELS).unlink()
    entry = dict(img_path='train_00000.jpg', gt_label=[0])
    content = dict(metainfo=dict(classes=7), data_list=[entry])
    (data / 'image_labels.json').write_text(json.dumps(content))


def class_number_alone(data):
    (data / 'classes.txt').unlink()
    class_number(data)


def thin_image(data):
    Image.new('RGB', (260, 4)).save(image_of(data))
    write_label(mask_of(data), np.tile(np.array(Image.open(mask_of(data))), (1, 5))[:4, :260])


# What is done to the data: what is an error then.
ERRORS = [
    (class_number, 'metainfo.classes: expected a list of class names, got 7'),
    (class_number_alone, 'metainfo.classes: expected a list of class names'),
    (lambda data: (data / 'classes.txt').write_text('dax\nfep\n'), "is 'dax', expected"),
    (no_labels, 'label file is missing'),
    (lambda data: edit(data / LABELS, lambda text: text + 'a,b,c\n'), "is 'a,b,c', expected"),
    (
        lambda data: edit(data / LABELS, lambda text: text + 'val_00001,dax\n'),
        "image 'val_00001' occurs twice",
    ),
    (unknown_class, '3 labels are of an unknown class'),
    (lost_image, '1 image of train.txt is not there'),
    (
        lambda data: relabel(data, lambda image, shown: shown if image != 'train_00003' else None),
        '1 image of train.txt has no label',
    ),
    (
        lambda data: edit(list_of(data), lambda text: text + 'train_00001\n'),
        "image 'train_00001' occurs twice",
    ),
    (lambda data: list_of(data).rename(list_of(data, 'other')), 'train.txt: is missing'),
    (lambda data: cut_file(image_of(data), 200), '1 image cannot be read'),
    (lambda data: cut_file(mask_of(data), 100), '1 mask cannot be read'),
    (lambda data: Image.new('RGB', (64, 64)).save(mask_of(data)), '1 mask cannot be read'),
    (thin_image, '1 image is too small or too thin'),
    (
        lambda data: write_label(mask_of(data), np.zeros((64, 63), np.uint8)),
        '1 mask has another size',
    ),
    (
        lambda data: write_label(mask_of(data), np.full((64, 64), 9, np.uint8)),
        '1 mask holds values that are not class ids',
    ),
    (lambda data: shutil.rmtree(data / 'JPEGImages'), 'folder of photos is missing'),
]


@pytest.mark.parametrize('spoil, text', ERRORS)
def test_what_stops_training_is_an_error(data, spoil, text):
    spoil(data)
    (found,) = (
        finding for finding in findings(data) if finding.level == 'error' and text in finding.text
    )
    assert found.advice


def test_a_missing_list_is_told_with_those_that_exist(data):
    (found,) = (one for one in findings(data, val='no') if one.level == 'error')
    assert found.text.endswith('no.txt: is missing')
    assert found.advice == 'that folder has train, val'


def test_the_only_class_in_every_training_image_is_an_error(data):
    shutil.rmtree(data / 'SegmentationClass')
    edit(data / 'classes.txt', lambda text: 'background\nwug\n')
    relabel(data, lambda image, shown: 'wug')
    (found,) = (finding for finding in findings(data) if finding.level == 'error')
    assert found.text == 'the only class, wug, is in all 80 training images'
    assert '--negatives' in found.advice
    for count, level in ((3, 'error'), (4, 'note')):
        clear_labels(data, *list_of(data, 'train').read_text().split()[:count])
        levels = {finding.level for finding in findings(data)}
        assert level in levels and levels <= {level, 'note'}, count
