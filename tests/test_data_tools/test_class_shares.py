"""How rare classes are, as configs/own read it."""

import pytest

from ppl_mm.data_tools.own.class_shares import read_class_shares
from ppl_mm.formats.voc_layout import write_lists

LABELS = {'a': ['cat'], 'b': ['cat', 'dog'], 'c': [], 'd': ['dog'], 'e': ['fox']}


def write(root, train=('a', 'b', 'c'), background=True):
    splits = dict(train=train, val=['d', 'e'])
    write_lists(root, ['cat', 'dog', 'fox'], splits, LABELS, background)


def test_the_training_images_that_show_a_class_are_counted(tmp_path):
    write(tmp_path)
    # Two, one and none of three; one image more with the class, and one more without.
    assert read_class_shares(tmp_path) == pytest.approx([3 / 5, 2 / 5, 1 / 5])


def test_a_class_that_all_images_show_is_as_if_not_told(tmp_path):
    write(tmp_path, train=('a', 'b'))
    assert read_class_shares(tmp_path) == pytest.approx([1 / 2, 2 / 4, 1 / 4])
    write(tmp_path, train=('new',))  # nothing is known
    assert read_class_shares(tmp_path) == [0.5] * 3


def test_an_image_whose_classes_are_not_known_does_not_count(tmp_path):
    write(tmp_path, train=('a', 'b', 'c', 'new'))
    assert read_class_shares(tmp_path) == pytest.approx([3 / 5, 2 / 5, 1 / 5])


@pytest.mark.parametrize(
    'file, content',
    [
        ('classes.txt', None),
        ('image_labels.csv', None),
        ('image_labels.csv', 'nothing'),
        ('ImageSets/Segmentation/train.txt', None),
    ],
)
def test_data_that_cannot_be_read_have_none(tmp_path, file, content):
    write(tmp_path)
    (tmp_path / file).unlink()
    if content:
        (tmp_path / file).write_text(content)
    assert read_class_shares(tmp_path) is None


def test_data_without_a_background_have_none(tmp_path):
    write(tmp_path, background=False)
    assert read_class_shares(tmp_path) is None
