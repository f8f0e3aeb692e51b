import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.dataset import ClassBalancedDataset
from PIL import Image

from ppl_mm.data_tools.demo.data import CLASSES, write_demo_data
from ppl_mm.datasets import ImageLabelDataset
from ppl_mm.errors import UserError
from ppl_mm.formats.mask_file import write_label
from ppl_mm.registry import DATASETS
from ppl_mm.utils.cli import one_line

LABELS = {'a': ['cat'], 'b': ['cat', 'dog'], 'c': ['traffic light']}
NAMES = ('cat', 'dog', 'traffic light')
XML = (
    '<annotation><object><name>{}</name><difficult>{}</difficult></object>'
    '<object><name>dog</name><difficult>0</difficult></object>'
    '</annotation>'
)


@pytest.fixture
def root(tmp_path):
    """Three images in VOC's layout, labelled in image_labels.csv."""
    write(tmp_path, 'image_labels.csv', 'image,labels\na,cat\nb.png,dog cat\nc,traffic light\n')
    write(tmp_path, 'classes.txt', '\n'.join(['background', *NAMES]))
    write(tmp_path, 'ImageSets/Segmentation/train.txt', 'c\na\n')
    for name in ('a.jpg', 'b.png', 'c.JPEG'):
        write(tmp_path, f'JPEGImages/{name}', '')
    write(tmp_path, 'SegmentationClass/a.png', '')
    return tmp_path


def write(root, name, text):
    path = Path(root) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def load(root, **kwargs):
    return ImageLabelDataset(data_root=str(root), **kwargs)


def labels_of(dataset):
    names = dataset.metainfo['classes']
    return {sample['image_id']: [names[i] for i in sample['gt_label']] for sample in dataset}


def test_samples_of_a_csv(root):
    dataset = load(root)
    assert dataset.metainfo['classes'] == NAMES
    assert labels_of(dataset) == LABELS
    sample = dataset[1]
    assert sample['img_path'] == str(root / 'JPEGImages/b.png')
    assert sample['gt_label'] == [0, 1]
    assert sample['img_id'] == 1 and sample['image_id'] == 'b'
    assert sample['seg_map_path'] is None


def test_a_split_orders_and_selects(root):
    dataset = load(root, split='train')
    assert [sample['image_id'] for sample in dataset] == ['c', 'a']
    write(root, 'lists/mine.txt', '\nb.png\n')
    assert list(labels_of(load(root, split='lists/mine.txt'))) == ['b']


def test_masks_only_where_there_are_some(root):
    prefix = dict(img_path='JPEGImages', seg_map_path='SegmentationClass')
    masks = [sample['seg_map_path'] for sample in load(root, data_prefix=prefix)]
    assert masks == [str(root / 'SegmentationClass/a.png'), None, None]
    prefix['seg_map_path'] = 'nowhere'
    assert load(root, data_prefix=prefix)[0]['seg_map_path'] is None
    write(root, 'a.png', '')  # '' is no folder, not even data_root
    prefix['seg_map_path'] = ''
    assert load(root, data_prefix=prefix)[0]['seg_map_path'] is None


def test_jpg_is_taken_before_png_unless_the_label_says_so(root):
    write(root, 'JPEGImages/a.png', '')
    assert load(root)[0]['img_path'].endswith('a.jpg')
    write(root, 'image_labels.csv', 'image,labels\na.png,cat\n')
    assert load(root)[0]['img_path'].endswith('a.png')
    assert len(load(root, ann_file='')) == 3


def test_ids_are_sorted_and_each_there_once(root):
    (root / 'classes.txt').unlink()
    write(root, 'image_labels.csv', 'image,labels\na,8 1 8 0\n')
    dataset = load(root, metainfo=dict(classes=[*'012345678']))
    assert dataset[0]['gt_label'] == [0, 1, 8]


def test_the_image_folder_is_the_default(root):
    dataset = load(root, data_prefix=dict(seg_map_path='SegmentationClass'))
    assert dataset[0]['seg_map_path'] and dataset[0]['img_path']


def test_other_separators_case_and_byte_order_mark(root):
    text = '\ufeffImage, Labels\r\na, dog;traffic light\r\n\r\nb,cat cat\r\n'
    (root / 'image_labels.csv').write_bytes(text.encode())
    assert labels_of(load(root)) == {'a': ['dog', 'traffic light'], 'b': ['cat']}


def test_images_in_subfolders(root):
    write(root, 'JPEGImages/more/a.jpg', '')
    write(root, 'image_labels.csv', 'image,labels\na,cat\nmore/a,dog\n')
    assert labels_of(load(root)) == {'a': ['cat'], 'more/a': ['dog']}


@pytest.mark.parametrize(
    'content',
    [
        LABELS,
        {'a.jpg': 'cat', 'b': [1, 0], 'c': ['traffic light']},
        dict(
            metainfo=dict(classes=NAMES),
            data_list=[
                dict(img_path='a.jpg', gt_label=[0]),
                dict(img_path='b.png', gt_label=['cat', 1]),
                dict(img_path='c.JPEG', gt_label=2),
            ],
        ),
    ],
)
def test_json(root, content):
    write(root, 'labels.json', json.dumps(content))
    assert labels_of(load(root, ann_file='labels.json')) == LABELS


def test_a_json_brings_its_classes(root):
    (root / 'classes.txt').unlink()
    write(
        root,
        'x.json',
        json.dumps(
            dict(
                metainfo=dict(classes=['cow', 'cat']), data_list=[dict(img_path='a', gt_label=[1])]
            )
        ),
    )
    dataset = load(root, ann_file='x.json')
    assert dataset.metainfo['classes'] == ('cow', 'cat')
    assert labels_of(dataset) == {'a': ['cat']}


def test_voc_xml_counts_difficult_objects_unless_told(root):
    write(root, 'Annotations/a.xml', XML.format('cat', 1))
    write(root, 'Annotations/b.xml', XML.format('traffic light', 0))
    assert labels_of(load(root, ann_file='Annotations')) == {
        'a': ['cat', 'dog'],
        'b': ['dog', 'traffic light'],
    }
    strict = load(root, ann_file='Annotations', count_difficult=False)
    assert labels_of(strict)['a'] == ['dog']


def test_every_format_of_the_demo_data_says_the_same(tmp_path):
    write_demo_data(tmp_path, train=5, val=2, size=32)
    first = labels_of(load(tmp_path))
    assert labels_of(load(tmp_path, ann_file='Annotations')) == first
    assert len(first) == 7
    counts = load(tmp_path, split='train').label_counts()
    assert list(counts) == list(CLASSES)
    assert sum(counts.values()) == sum(
        len(names) for name, names in first.items() if 'train' in name
    )


def test_images_whose_classes_are_not_known_have_no_label(root):
    dataset = load(root, ann_file='')
    assert [sample['image_id'] for sample in dataset] == ['a', 'b', 'c']
    assert not any('gt_label' in sample for sample in dataset)
    assert dataset.label_counts() == dict.fromkeys(NAMES, 0)
    split = load(root, ann_file='', split='train')
    assert [sample['image_id'] for sample in split] == ['c', 'a']


NEGATIVES = {
    'a row with an empty label': ('image_labels.csv', 'image,labels\na,\nb,cat\n'),
    'a row of zeros': ('image_labels.csv', 'image,cat,dog,traffic light\na,0,0,0\nb,1,0,0\n'),
    'an empty list': ('labels.json', '{"a": [], "b": ["cat"]}'),
    'an empty text': ('labels.json', '{"a": "", "b": "cat"}'),
    'a vector of zeros': ('labels.json', '{"a": [0, 0, 0], "b": [1, 0, 0]}'),
    'an empty gt_label': (
        'labels.json',
        '{"data_list": [{"img_path": "a.jpg", "gt_label": []},'
        ' {"img_path": "b.png", "gt_label": [0]}]}',
    ),
}


@pytest.mark.parametrize('name, text', NEGATIVES.values(), ids=NEGATIVES)
def test_an_image_without_any_class_is_a_negative(root, name, text):
    write(root, name, text)
    dataset = load(root, ann_file=name)
    assert labels_of(dataset) == {'a': [], 'b': ['cat']}
    assert dataset.label_counts() == {'cat': 1, 'dog': 0, 'traffic light': 0}
    assert dataset.get_cat_ids(0) == []


def test_an_annotation_without_an_object_is_a_negative(root):
    write(root, 'Annotations/a.xml', '<annotation><filename>a.jpg</filename></annotation>')
    write(root, 'Annotations/b.xml', XML.format('cat', 0))
    assert labels_of(load(root, ann_file='Annotations')) == {'a': [], 'b': ['cat', 'dog']}


def test_an_image_that_no_row_names_is_unlabelled_and_no_negative(root):
    write(root, 'image_labels.csv', 'image,labels\na,\n')
    with pytest.raises(UserError, match="'c' has no labels in .*an empty label if it shows none"):
        load(root, split='train')


def test_a_negative_is_packed_as_ids(root):
    Image.new('RGB', (6, 8)).save(root / 'JPEGImages/a.jpg')
    write(root, 'image_labels.csv', 'image,labels\na,\n')
    pipeline = [dict(type='ppl_mm.LoadImage'), dict(type='mmpretrain.PackInputs')]
    label = load(root, pipeline=pipeline)[0]['data_samples'].gt_label
    assert label.dtype == torch.long and label.shape == (0,)


def test_names_match_whatever_unicode_form_they_have(root):
    image, folder = (unicodedata.normalize('NFD', name) for name in ('b\xe9', 'fl\xfb'))
    write(root, f'JPEGImages/{folder}/{image}.jpg', '')
    write(root, f'SegmentationClass/{folder}/{image}.png', '')
    write(root, 'image_labels.csv', 'image,labels\nfl\xfb/b\xe9.jpg,caf\xe9\n')
    write(root, 'classes.txt', unicodedata.normalize('NFD', 'background\ncaf\xe9\n'))
    dataset = load(root, data_prefix=dict(seg_map_path='SegmentationClass'))
    assert dataset[0]['img_path'] == str(root / f'JPEGImages/{folder}/{image}.jpg')
    assert dataset[0]['seg_map_path'] and dataset[0]['image_id'] == 'fl\xfb/b\xe9'
    assert labels_of(dataset) == {'fl\xfb/b\xe9': ['caf\xe9']}


def test_a_wrong_split_names_the_splits(root):
    with pytest.raises(UserError, match='trian.txt: is missing; that folder has train$'):
        load(root, split='trian')


@pytest.mark.parametrize('serialize', [True, False])
def test_mmengine_options(root, serialize):
    dataset = load(root, indices=2, serialize_data=serialize, test_mode=True)
    assert len(dataset) == 2
    assert dataset.get_cat_ids(1) == [0, 1]
    assert dataset.label_counts() == {'cat': 2, 'dog': 1, 'traffic light': 0}
    lazy = load(root, lazy_init=True)
    assert lazy.metainfo['classes'] == NAMES


def test_class_balanced_dataset_repeats_the_rare_class(root):
    balanced = DATASETS.build(
        dict(
            type='ClassBalancedDataset',
            oversample_thr=0.9,
            dataset=dict(type='ppl_mm.ImageLabelDataset', data_root=str(root)),
        )
    )
    assert isinstance(balanced, ClassBalancedDataset)
    names = [balanced[index]['image_id'] for index in range(len(balanced))]
    assert names.count('c') == 2 and names.count('a') == 2


def test_the_disk_is_asked_once_for_all_images(root, monkeypatch):
    names = [f'{index:05d}' for index in range(10_000)]
    asked = []

    def listdir(path):
        asked.append(path)
        return [f'{name}.jpg' for name in names]

    write(
        root, 'image_labels.csv', 'image,labels\n' + '\n'.join(f'{name},cat dog' for name in names)
    )
    monkeypatch.setattr('os.listdir', listdir)
    # The files do not exist, so that asking for one of them would show.
    assert len(load(root)) == len(names)
    assert len(asked) == 1


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
        ["entry 'a'", 'has 1 values, one per class, but 3 classes are known'],
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


def test_the_pipeline_of_mmpretrain_takes_the_samples(root):
    image = Image.fromarray(np.full((8, 6, 3), 7, np.uint8))
    image.save(root / 'JPEGImages/a.jpg')
    dataset = DATASETS.build(
        dict(
            type='ppl_mm.ImageLabelDataset',
            data_root=str(root),
            indices=1,
            pipeline=[
                dict(type='ppl_mm.LoadImage'),
                dict(
                    type='mmpretrain.PackInputs', meta_keys=('image_id', 'seg_map_path', 'img_id')
                ),
            ],
        )
    )
    packed = dataset[0]
    assert packed['inputs'].shape == (3, 8, 6)
    assert packed['data_samples'].gt_label.tolist() == [0]
    assert packed['data_samples'].image_id == 'a'


def exported(root, stems='ac', classes=NAMES, **record):
    """What tools/export_cam.py leaves."""
    for stem in stems:
        write_label(root / f'out/labels/{stem}.png', np.eye(8, dtype=np.uint8))
    write(root, 'out/export.json', json.dumps(dict(classes=classes, threshold=0.3) | record))
    return root / 'out'


def taught(root, **kwargs):
    return ImageLabelDataset(
        data_root=str(root),
        split='train',
        label_dir=str(root / 'out'),
        data_prefix=dict(seg_map_path='SegmentationClass'),
        **kwargs,
    )


def test_labels_of_an_export_are_the_masks(root):
    folder = exported(root) / 'labels'
    found = [taught(root)[i]['seg_map_path'] for i in range(2)]
    assert found == [str(folder / 'c.png'), str(folder / 'a.png')]


@pytest.mark.parametrize(
    'change, match',
    [
        (dict(stems='a'), "csv line 4: image 'c' has no pseudo-label in .*out"),
        (dict(classes=NAMES[::-1]), 'mismatched class lists'),
        (dict(threshold=None), 'not finished'),
        (dict(finished=False), 'not finished'),
    ],
)
def test_labels_that_do_not_fit(root, change, match):
    exported(root, **change)
    with pytest.raises(UserError, match=match) as error:
        taught(root)
    assert one_line(error.value)


def test_labels_that_are_not_there(root):
    with pytest.raises(UserError, match='out: no pseudo-labels.*--out-dir'):
        taught(root)


@pytest.mark.parametrize('value, known', [(3, True), (4, False), (255, True)])
def test_a_label_without_a_class_is_named(root, tmp_path, value, known):
    folder = tmp_path / 'bare'  # no record says which classes it is of
    folder.mkdir()
    for name in ('a.jpg', 'c.JPEG'):
        Image.new('RGB', (6, 8)).save(root / 'JPEGImages' / name)
        Image.new('L', (6, 8), value).save(folder / f'{name[0]}.png')
    dataset = load(
        root,
        split='train',
        label_dir=str(folder),
        pipeline=[
            dict(type='ppl_mm.LoadImage'),
            dict(type='ppl_mm.LoadLabel'),
            dict(type='mmpretrain.PackInputs', algorithm_keys=['gt_seg_map']),
        ],
    )
    if known:
        assert (dataset[0]['data_samples'].gt_seg_map == value).all()
        return
    with pytest.raises(UserError, match='c.png: has the label 4, but there are 4 classes') as error:
        dataset[0]
    assert one_line(error.value)
