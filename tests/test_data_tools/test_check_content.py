"""What check_dataset.py says about what images show: copies, inseparable classes, small objects."""

import numpy as np
import pytest
from PIL import Image
from test_data_tools.checked_data import findings, image_of, list_of, mask_of, relabel

from ppl_mm.formats.mask_file import write_label


def copy_of(data, source, target):
    Image.open(image_of(data, source)).resize((72, 72)).save(image_of(data, target), quality=60)
    Image.open(mask_of(data, source)).resize((72, 72), 0).save(mask_of(data, target))


def label(data, labels):
    """Give training images labels; the others become negatives."""
    relabel(data, lambda image, _: labels.get(image, ''))


def train_of(data):
    return list_of(data).read_text().split()


def found(data, text):
    return [finding for finding in findings(data) if text in finding.text]


def test_a_near_copy_in_val_is_a_leak(data):
    copy_of(data, 'train_00003', 'val_00005')
    (leak,) = found(data, '1 image of val is nearly the same as training images')
    assert leak.level == 'warning' and '--val-list' in leak.advice
    assert leak.items == ('val_00005 ~ train_00003',)


def test_near_copies_of_train_are_a_note(data):
    copy_of(data, 'train_00003', 'train_00009')
    relabel(data, lambda image, shown: 'dax' if image in ('train_00003', 'train_00009') else shown)
    (note,) = found(data, '1 pair of images is nearly the same')
    assert note.level == 'note' and note.items == ('train_00003 ~ train_00009',)
    assert not found(data, 'of val are nearly')


def test_near_copies_with_different_labels_are_shown_with_them(data):
    copy_of(data, 'train_00003', 'train_00009')
    labels = dict(train_00003='dax fep', train_00009='dax')
    relabel(data, lambda image, shown: labels.get(image, shown))
    (finding,) = found(data, '1 pair of images that are nearly the same has different labels')
    assert finding.items == ('train_00003 (dax, fep) ~ train_00009 (dax)',)
    assert finding.level == 'warning' and not found(data, '1 pair of images is')


@pytest.mark.parametrize('labels', [('dax fep', ''), ('', 'wug')])
def test_a_part_and_its_template_are_kept(data, labels):
    copy_of(data, 'train_00003', 'train_00009')
    labels = dict(zip(('train_00003', 'train_00009'), labels, strict=True))
    relabel(data, lambda image, shown: labels.get(image, shown))
    (finding,) = found(data, 'nearly the same has a class on one image only')
    assert finding.level == 'note' and finding.advice.startswith('keep both')
    assert 'train_00009 (none)' in finding.items[0] or 'train_00003 (none)' in finding.items[0]
    assert not found(data, 'different labels') and not found(data, '1 pair of images is')


def test_equal_files_are_no_near_copies(data):
    image_of(data, 'train_00001').write_bytes(image_of(data, 'train_00000').read_bytes())
    assert found(data, '1 image is a copy of another') and not found(data, 'nearly the same')


def test_classes_that_always_come_together_cannot_be_told_apart(data):
    train = train_of(data)
    label(data, {name: 'dax fep' for name in train[:30]} | dict.fromkeys(train[30:50], 'wug'))
    (finding,) = found(data, '1 pair of classes always comes together')
    assert finding.level == 'warning' and 'make one class' in finding.advice
    assert finding.items == ('dax and fep: 30 images',)


def test_one_image_that_shows_them_apart_in_twenty_is_not_enough(data):
    train = train_of(data)
    label(data, {name: 'dax fep' for name in train[:38]} | dict.fromkeys(train[38:40], 'dax'))
    assert found(data, '1 pair of classes always comes together')
    label(data, {name: 'dax fep' for name in train[:30]} | dict.fromkeys(train[30:40], 'dax'))
    assert not found(data, 'always come together')


def test_a_class_that_comes_with_another_only(data):
    train = train_of(data)
    both = {name: 'dax fep' for name in train[:12]}
    label(data, both | dict.fromkeys(train[12:40], 'dax'))
    (finding,) = found(data, '1 class hardly ever comes without a certain other one')
    assert finding.items == ('12 of 12 images of fep have dax, too',)


@pytest.mark.parametrize(
    'both, alone',
    [(6, 54), (4, 0)],
    ids=['the other class is in most images', 'there are few images'],
)
def test_what_may_be_chance_is_not_reported(data, both, alone):
    train = train_of(data)
    labels = {name: 'dax fep' for name in train[:both]}
    label(data, labels | dict.fromkeys(train[both : both + alone], 'dax'))
    assert not found(data, 'hardly ever') and not found(data, 'always come')


@pytest.mark.parametrize(
    'side, level, text',
    [(3, 'warning', 'less than 0.5% of an image'), (10, 'note', '0.5% to 5% of an image')],
)
def test_small_objects(data, side, level, text):
    label(data, dict.fromkeys(train_of(data), 'dax wug'))
    for path in (data / 'SegmentationClass').iterdir():
        mask = np.zeros((64, 64), np.uint8)
        mask[:side, :side] = 1
        mask[32:, 32:] = 4
        write_label(path, mask)
    (finding,) = found(data, text)
    assert finding.level == level and 'expectations.md' in finding.advice
    share = 100 * side**2 / 64**2
    assert finding.items == (f'dax: {share:.2g} % ({share:.2g} to {share:.2g})',)


def test_images_that_all_show_the_same_classes_are_an_error(data):
    train = train_of(data)
    label(data, dict.fromkeys(train, 'dax fep'))
    (finding,) = found(data, f'all {len(train)} training images show the same classes: dax, fep')
    assert finding.level == 'error' and 'into parts' in finding.advice
    label(data, dict.fromkeys(train, 'dax fep') | {train[0]: 'fep'})
    (finding,) = found(data, f'show the same: dax in {len(train) - 1}, fep in {len(train)}')
    assert finding.level == 'error'
    assert not found(data, 'always come together')  # the error says it


def test_classes_in_nearly_every_image_can_be_left_out(data):
    train = train_of(data)
    label(data, dict.fromkeys(train, 'dax fep') | dict.fromkeys(train[:30], 'dax fep wug'))
    (finding,) = found(data, '2 classes are in nearly every training image')
    assert finding.level == 'warning' and '--classes wug --keep-others' in finding.advice
    assert not found(data, 'come together')
