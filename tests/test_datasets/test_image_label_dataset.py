import json
import unicodedata

import pytest
import torch
from PIL import Image
from test_data_tools.label_forms import write_coco, write_cvat, write_yolo
from test_datasets.labelled_images import LABELS, NAMES, XML, labels_of, load, write

from ppl_mm.data_tools.demo.data import CLASSES, write_demo_data
from ppl_mm.errors import UserError


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


@pytest.mark.parametrize('ann_file', ['coco.json', 'labels', 'cvat.xml'])
def test_files_of_annotation_tools(root, ann_file):
    """Ids of the file, in another order than those of the data set."""
    shown = {'a.jpg': ['cat'], 'b.png': ['cat', 'dog'], 'c.JPEG': []}
    for write_form in (write_coco, write_yolo, write_cvat):
        write_form(root, shown, ['dog', 'cat'])
    assert labels_of(load(root, ann_file=ann_file)) == {'a': ['cat'], 'b': ['cat', 'dog'], 'c': []}
