import json

import numpy as np
import pytest
from PIL import Image

from ppl_mm.datasets import CAMPseudoLabelDataset
from ppl_mm.errors import UserError
from ppl_mm.formats.mask_file import write_label

PIPELINE = [
    dict(type='LoadImageFromFile'),
    dict(type='mmseg.LoadAnnotations'),
    dict(type='mmseg.PackSegInputs'),
]
CLASSES = ('background', 'cat', 'cow')


@pytest.fixture
def export(tmp_path):
    """Four images; three of them with a label in an export."""
    (tmp_path / 'data/JPEGImages').mkdir(parents=True)
    for i in range(4):
        image = Image.new('RGB', (8, 6), (i, i, i))
        image.save(tmp_path / f'data/JPEGImages/{i}.jpg')
    for i in range(3):
        label = np.full((6, 8), i, np.uint8)
        label[0, 0] = 255
        write_label(tmp_path / f'out/labels/{i}.png', label)
    (tmp_path / 'out/export.json').write_text(
        json.dumps(dict(classes=['cat', 'cow'], threshold=0.3))
    )
    return tmp_path / 'out'


def build(export, label_dir=None, **kwargs):
    return CAMPseudoLabelDataset(
        str(label_dir or export), data_root=str(export.parent / 'data'), pipeline=PIPELINE, **kwargs
    )


@pytest.mark.parametrize('folder', ['.', 'labels'])
def test_labels_and_classes_of_an_export(export, folder):
    dataset = build(export, export / folder)
    assert len(dataset) == 3
    assert dataset.metainfo['classes'] == CLASSES
    assert dataset.metainfo['label_map'] is None
    for i in range(3):
        label = dataset[i]['data_samples'].gt_sem_seg.data[0]
        assert label[0, 0] == 255 and (label[1:] == i).all()
        assert (dataset[i]['inputs'] == i).all()


def test_relative_folder_is_not_below_data_root(export, monkeypatch):
    monkeypatch.chdir(export.parent)
    dataset = CAMPseudoLabelDataset('out', data_root='data')
    assert len(dataset) == 3


def test_a_negative_without_a_label_teaches_background(export):
    data = export.parent / 'data'
    (data / 'image_labels.csv').write_text('image,labels\n1,cat\n3,\n')
    (data / 'list.txt').write_text('1\n3\n')
    dataset = build(export, ann_file='list.txt')
    assert not dataset[1]['data_samples'].gt_sem_seg.data.any()


def test_a_list_of_images(export):
    (export.parent / 'data/train.txt').write_text('2\n0\n')
    dataset = build(export, ann_file='train.txt')
    labels = [sample['data_samples'].gt_sem_seg.data[0, 1, 1].item() for sample in dataset]
    assert labels == [2, 0]


def test_other_folder_of_images(export):
    (export.parent / 'data/JPEGImages').rename(export.parent / 'data/img')
    assert len(build(export, data_prefix=dict(img_path='img'))) == 3


def test_labels_without_a_record(export):
    (export / 'export.json').unlink()
    with pytest.raises(UserError, match='classes.txt'):
        build(export, export / 'labels')
    dataset = build(export, export / 'labels', metainfo=dict(classes=CLASSES))
    assert len(dataset) == 3


def test_same_classes_in_the_config(export):
    assert len(build(export, metainfo=dict(classes=list(CLASSES)))) == 3


@pytest.mark.parametrize(
    'classes', [('cat', 'cow'), ('background', 'cow', 'cat'), ('background', 'cat', 'cow', 'dog')]
)
def test_mismatched_class_lists(export, classes):
    with pytest.raises(UserError, match='mismatched class lists') as caught:
        build(export, metainfo=dict(classes=classes))
    assert 'export.json' in str(caught.value)
    assert '(background, cat, cow)' in str(caught.value)


@pytest.mark.parametrize('content', ['', '{', '[]', '{}', '{"classes": 3}', '{"classes": []}'])
def test_broken_record(export, content):
    (export / 'export.json').write_text(content)
    with pytest.raises(UserError, match='export.json'):
        build(export)


@pytest.mark.parametrize(
    'record', [None, dict(classes=['cat', 'cow']), dict(classes=['cat', 'cow'], threshold=None)]
)
def test_unfinished_export(export, record):
    (export / 'export.json').unlink()
    if record:
        (export / 'export.json').write_text(json.dumps(record))
    with pytest.raises(UserError, match='the export was not finished'):
        build(export)
    assert build(export, export / 'labels', metainfo=dict(classes=CLASSES))


@pytest.mark.parametrize('folder', ['nowhere', 'nowhere/labels'])
def test_no_export_names_the_command(export, folder):
    out = export.parent / 'nowhere'
    with pytest.raises(UserError) as caught:
        build(export, export.parent / folder)
    assert f'tools/export_cam.py CONFIG CHECKPOINT --out-dir {out}' in str(caught.value)


def test_no_labels(export):
    for path in (export / 'labels').iterdir():
        path.unlink()
    with pytest.raises(UserError, match='no pseudo-labels are there; make'):
        build(export)


def test_label_without_an_image(export):
    (export.parent / 'data/JPEGImages/1.jpg').unlink()
    with pytest.raises(UserError, match='1 of 3 images have no image there, first 1'):
        build(export)


def test_image_without_a_label(export):
    (export.parent / 'data/train.txt').write_text('0\n3\n')
    with pytest.raises(UserError, match='1 of 2 images have no pseudo-label there, first 3'):
        build(export, ann_file='train.txt')
