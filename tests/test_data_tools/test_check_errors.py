"""What stops training is an error of check_dataset.py."""

import functools
import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image
from test_data_tools.checked_data import (
    edit,
    findings,
    image_of,
    list_of,
    lost_image,
    mask_of,
    unknown_class,
)

from ppl_mm.formats.mask_file import write_label


def no_classes(data):
    (data / 'classes.txt').write_text('dax\nfep\n')


def no_labels(data):
    (data / 'image_labels.csv').unlink()
    shutil.rmtree(data / 'Annotations')


def bad_line(data):
    edit(data / 'image_labels.csv', lambda text: text + 'a,b,c\n')


def twice_labelled(data):
    edit(data / 'image_labels.csv', lambda text: text + 'val_00001,dax\n')


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
    (lost_image, '1 image of train.txt is not there'),
    (lost_label, '1 image of train.txt has no label'),
    (twice_listed, "image 'train_00001' occurs twice"),
    (no_train_list, 'train.txt: is missing'),
    (cut_image, '1 image cannot be read'),
    (cut_mask, '1 mask cannot be read'),
    (colour_mask, '1 mask cannot be read'),
    (thin_image, '1 image is too small or too thin'),
    (small_mask, '1 mask has another size'),
    (unknown_value, '1 mask holds values that are not class ids'),
    (no_image_folder, 'folder of photos is missing'),
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
    lines = (data / 'image_labels.csv').read_text().splitlines()[1:]
    rows = [f'{line.partition(",")[0]},wug' for line in lines]
    edit(data / 'image_labels.csv', lambda text: '\n'.join(['image,labels', *rows]))
    (found,) = (finding for finding in findings(data) if finding.level == 'error')
    assert found.text == 'the only class, wug, is in all 80 training images'
    assert '--negatives' in found.advice
    for count, level in ((3, 'error'), (4, 'note')):
        for name in list_of(data, 'train').read_text().split()[:count]:
            blank = functools.partial(re.sub, f'{name},wug', f'{name},')
            edit(data / 'image_labels.csv', blank)
        levels = {finding.level for finding in findings(data)}
        assert level in levels and levels <= {level, 'note'}, count
