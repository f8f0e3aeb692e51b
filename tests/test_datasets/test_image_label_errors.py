"""ImageLabelDataset: bad files are named in one line."""

import pytest
from test_datasets.labelled_images import XML, load, write

from ppl_mm.errors import UserError
from ppl_mm.registry import DATASETS
from ppl_mm.utils.cli import one_line

BAD_FILES = [
    # files to write, arguments, what the one line must hold
    (
        dict(image_labels='image,labels\na,cat\nb,cta\n'),
        {},
        ['image_labels.csv line 3', "unknown class 'cta'", "mean 'cat'?"],
    ),
    (dict(image_labels='image,labels\na,Cat\n'), {}, ["unknown class 'Cat'", "mean 'cat'?"]),
    (
        dict(image_labels='image,labels\na,zebra\n'),
        {},
        ["unknown class 'zebra'", 'known are cat, dog, traffic light'],
    ),
    (dict(image_labels=''), {}, ['image_labels.csv', 'holds no labels']),
    (dict(image_labels='image,labels\n'), {}, ['holds no labels']),
    (dict(image_labels='a,cat\n'), {}, ['line 1', "is 'a,cat'", 'header']),
    (
        dict(image_labels='image,labels\na,cat,dog\n'),
        {},
        ['line 2', "is 'a,cat,dog'", 'spaces between'],
    ),
    (dict(image_labels='image,labels\na\n'), {}, ['line 2', "is 'a'"]),
    (dict(image_labels='image,labels\n,cat\n'), {}, ['line 2', "is ',cat'"]),
    (
        dict(image_labels='image,labels\na,none\n'),
        {},
        ['line 2', "label 'none'", '--negative-name none'],
    ),
    (
        dict(image_labels='image,labels\na,cat\nb,cat\na.jpg,dog\n'),
        {},
        ['line 4', "'a.jpg' occurs twice", 'line 2'],
    ),
    (
        dict(image_labels='image,labels\na,cat\nx,cat\ny,cat\n'),
        {},
        ['line 3', "image 'x' (and 1 more) is missing", 'JPEGImages'],
    ),
    (dict(image_labels='image,labels\na.png,cat\n'), {}, ["image 'a.png' is missing"]),
    (dict(image_labels='image,labels\n../a,cat\n'), {}, ["'../a' is not below"]),
    (
        {},
        dict(split='train', lists='c\na\nd\n'),
        ['train.txt line 3', "'d' has no labels in", 'image_labels.csv'],
    ),
    ({}, dict(split='train', lists='a\na\n'), ['train.txt line 2', 'occurs twice']),
    ({}, dict(split='train', lists=' \n'), ['train.txt', 'names no image']),
    ({}, dict(split='test'), ['test.txt', 'is missing']),
    ({}, dict(ann_file='none.csv'), ['none.csv', 'label file is missing']),
    ({}, dict(ann_file='none'), ['none', 'folder of XML files is missing']),
    ({}, dict(ann_file='labels.txt'), ["format '.txt'", 'ann_format']),
    ({}, dict(data_prefix=dict(img_path='Images')), ['Images', 'folder of images is missing']),
    (
        dict(labels='{"a": ["cat"],\n"b" ["dog"]}'),
        dict(ann_file='labels.json'),
        ['labels.json line 2', 'is not valid JSON'],
    ),
    (dict(labels='[1]'), dict(ann_file='labels.json'), ['expected {"image"']),
    (dict(labels='{}'), dict(ann_file='labels.json'), ['holds no labels']),
    (
        dict(labels='{"a": ["cat"], "a": ["dog"]}'),
        dict(ann_file='labels.json'),
        ["entry 'a'", 'occurs twice'],
    ),
    (
        dict(labels='{"a": {"cat": 1}}'),
        dict(ann_file='labels.json'),
        ["entry 'a'", 'expected a list'],
    ),
    (dict(labels='{"a": [3]}'), dict(ann_file='labels.json'), ["entry 'a'", "unknown class '3'"]),
    (
        dict(labels='{"a": [true]}'),
        dict(ann_file='labels.json'),
        ["entry 'a'", 'has 1 value, one per class, but 3 classes are known'],
    ),
    (
        dict(labels='{"data_list": [{"img": "a"}]}'),
        dict(ann_file='labels.json'),
        ['data_list[0]', "'img_path'"],
    ),
    (
        dict(labels='{"data_list": {}}'),
        dict(ann_file='labels.json'),
        ['expected a list in data_list'],
    ),
    (
        dict(
            labels='{"metainfo": {"classes": ["dog", "cat", "traffic light"]},'
            '"data_list": [{"img_path": "a", "gt_label": [0]}]}'
        ),
        dict(ann_file='labels.json'),
        ['labels.json metainfo.classes', 'differ from cat, dog', 'classes.txt'],
    ),
    (
        {},
        dict(metainfo=dict(classes=('cat', 'dog'))),
        ['metainfo.classes', 'differ from', 'classes.txt'],
    ),
    (
        {},
        dict(metainfo=dict(classes=('background', 'cat'))),
        ['metainfo.classes', "names 'background'"],
    ),
    ({}, dict(metainfo=dict(classes=())), ['expected a list of class names']),
    (dict(classes='cat\ndog\n'), {}, ['classes.txt line 1', "is 'cat', expected 'background'"]),
    (dict(classes='background\ncat\ncat\n'), {}, ["names class 'cat' twice"]),
    (dict(classes='background\n'), {}, ['classes.txt', 'expected a list']),
    (dict(xml='<annotation>'), dict(ann_file='Annotations'), ['a.xml', 'is not valid XML']),
    (
        dict(xml='<html></html>'),
        dict(ann_file='Annotations'),
        ['a.xml', "begins with 'html', expected VOC's 'annotation'"],
    ),
    (
        dict(xml=XML.format('zebra', 0)),
        dict(ann_file='Annotations'),
        ['a.xml', "unknown class 'zebra'"],
    ),
    (
        dict(xml=XML.format('cat', 1).replace('>0<', '>1<')),
        dict(ann_file='Annotations', count_difficult=False),
        ['a.xml', 'marked difficult only', 'count_difficult=True'],
    ),
    (
        dict(xml=XML.format('cat', 1)),
        dict(ann_file='Annotations', split='train', lists='b\n'),
        ['b.xml', 'is missing'],
    ),
]
PLACES = dict(
    image_labels='image_labels.csv',
    labels='labels.json',
    classes='classes.txt',
    xml='Annotations/a.xml',
)


@pytest.mark.parametrize('files, kwargs, words', BAD_FILES)
def test_bad_input_is_named_in_one_line(root, files, kwargs, words):
    kwargs = dict(kwargs)
    for name, text in files.items():
        write(root, PLACES[name], text)
    if 'lists' in kwargs:
        write(root, 'ImageSets/Segmentation/train.txt', kwargs.pop('lists'))
    with pytest.raises(UserError) as caught:
        load(root, **kwargs)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    for word in words:
        assert word in message


def test_unknown_classes_need_a_list(root):
    (root / 'classes.txt').unlink()
    with pytest.raises(UserError, match='classes are not known; set metainfo'):
        load(root)


def test_labels_that_are_no_text(root):
    (root / 'image_labels.csv').write_bytes(b'image,labels\na,\xff\xfe\n')
    with pytest.raises(UserError, match='not UTF-8 text'):
        load(root)
    (root / 'image_labels.csv').unlink()
    (root / 'image_labels.csv').mkdir()
    with pytest.raises(UserError, match='not a regular file'):
        load(root)


def test_an_empty_image_folder(root):
    write(root, 'empty/readme.md', '')
    with pytest.raises(UserError, match='holds no images'):
        load(root, ann_file='', data_prefix=dict(img_path='empty'))


def test_a_registry_keeps_the_message(root):
    with pytest.raises(UserError) as caught:
        DATASETS.build(
            dict(type='ppl_mm.ImageLabelDataset', data_root=str(root), ann_file='none.csv')
        )
    assert one_line(caught.value).startswith(str(root))
