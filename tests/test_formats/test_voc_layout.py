import pytest

from ppl_mm.errors import UserError
from ppl_mm.formats.image_labels.label_file import read_labels
from ppl_mm.formats.voc_layout import VOCLayout, write_lists


def test_where_files_are(tmp_path):
    layout = VOCLayout(str(tmp_path))
    found = [
        layout.image_path('cats/01'),
        layout.image_path('cats/01', '.png'),
        layout.mask_path('cats/01'),
        layout.annotation_path('cats/01'),
        layout.split_path('train'),
        layout.class_file,
        layout.label_file,
    ]
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        'JPEGImages/cats/01.jpg',
        'JPEGImages/cats/01.png',
        'SegmentationClass/cats/01.png',
        'Annotations/cats/01.xml',
        'ImageSets/Segmentation/train.txt',
        'classes.txt',
        'image_labels.csv',
    ]


def test_what_is_written_is_read(tmp_path):
    splits = dict(train=['a', 'cats/b'], val=['c d'])
    labels = {'a': ['cat'], 'cats/b': ['big dog', 'cat'], 'c d': []}
    write_lists(tmp_path, ['cat', 'big dog'], splits, labels)
    layout = VOCLayout(tmp_path)
    assert {split: layout.read_split(split) for split in splits} == splits
    assert layout.read_classes() == ('cat', 'big dog')
    rows = read_labels(layout.label_file, layout.read_classes()).rows
    assert {row.image: list(row.names) for row in rows} == labels


def test_a_wrong_split_lists_the_splits(tmp_path):
    write_lists(tmp_path, ['cat'], dict(train=['a'], val=['b']), {'a': ['cat'], 'b': []})
    with pytest.raises(UserError, match='tarin.txt: is missing; that folder has train, val'):
        VOCLayout(tmp_path).read_split('tarin')
