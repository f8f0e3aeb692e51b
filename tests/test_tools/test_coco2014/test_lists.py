"""coco2014.py: labels, lists, links, and what is wrong with its inputs."""

import builtins
import os
from pathlib import Path

import pytest
from test_tools.test_coco2014.coco_files import (
    CATEGORIES,
    annotation,
    coco2014,
    convert,
    lose_annotations,
    stem,
    write_split,
)

from ppl_mm.data_tools.coco.instances import Annotation, CocoImage
from ppl_mm.datasets import ImageLabelDataset
from ppl_mm.errors import UserError


def test_labels_and_lists(coco, capsys):
    convert(coco, '--no-masks')
    classes = ['background', 'person', 'traffic light', 'toothbrush']
    assert (coco / 'classes.txt').read_text().splitlines() == classes
    assert (coco / 'image_labels.csv').read_text().splitlines() == [
        'image,labels',
        f'{stem("train", 5)},person;traffic light;toothbrush',
        f'{stem("train", 9)},traffic light',
        f'{stem("val", 7)},toothbrush',
    ]
    lists = coco / 'ImageSets/Segmentation'
    assert (lists / 'train.txt').read_text().split() == [stem('train', 5), stem('train', 9)]
    assert (lists / 'val.txt').read_text().split() == [stem('val', 7)]
    said = 'train: 2 images with objects, NOT the official 82,081; 1 without are left out'
    assert said in capsys.readouterr().out
    assert not (coco / 'SegmentationClass').exists()


def test_images_without_an_object_may_be_negatives(coco, capsys):
    convert(coco, '--no-masks', '--with-negatives')
    assert f'{stem("train", 6)},\n' in (coco / 'image_labels.csv').read_text()
    dataset = ImageLabelDataset(data_root=str(coco), split='train')
    assert [dataset[k]['gt_label'] for k in range(3)] == [[0, 1, 2], [], [1]]
    printed = capsys.readouterr().out
    assert 'train: 2 images with objects, NOT the official 82,081; 1 without are listed' in printed


def test_the_official_numbers_are_said_to_be():
    image = CocoImage('a', (1, 1), [Annotation(1, [], 1.0, False)])
    line = coco2014.count_line('val', [image] * 40_137, 367)
    assert line == ('val: 40,137 images with objects, as official; 367 without are left out')


def test_the_data_set_reads_it(coco):
    convert(coco, '--no-masks')
    dataset = ImageLabelDataset(data_root=str(coco), split='train')
    assert [dataset[k]['gt_label'] for k in range(2)] == [[0, 1, 2], [1]]
    assert Path(dataset[0]['img_path']).is_file()


def test_the_links_are_relative(coco):
    convert(coco, '--no-masks')
    moved = coco.rename(coco.with_name('moved'))
    link = moved / 'JPEGImages/train2014'
    assert os.readlink(link) == '../train2014'
    assert (link / f'{Path(stem("train", 5)).name}.jpg').is_file()
    convert(moved, '--no-masks')  # the links are there already


def test_pycocotools_is_asked_for_before_any_work(coco, monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith('pycocotools'):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, '__import__', refuse)
    with pytest.raises(UserError, match='pip install pycocotools, or .*--no'):
        convert(coco)
    assert not (coco / 'SegmentationClass').exists()
    convert(coco, '--no-masks')


def unknown_category(root):
    write_split(root, 'train', [5], [annotation(5, 12, [], 1)])


def other_categories(root):
    write_split(root, 'val', [7], [], CATEGORIES[:1])


def no_area(root):
    entry = annotation(5, 1, [], 1)
    del entry['area']
    write_split(root, 'train', [5], [entry])


def lose_folder(root):
    (root / 'val2014').rename(root / 'val')


@pytest.mark.parametrize(
    'spoil, message',
    [
        (lose_annotations, 'instances_val2014.json: is missing; unpack'),
        (unknown_category, 'cannot be read as COCO instances .KeyError: 12'),
        (other_categories, 'val2014.json: has other categories'),
        (no_area, "an entry has no 'area'"),
        (lose_folder, 'val2014: the folder of images is missing'),
    ],
)
def test_bad_input_is_named(coco, spoil, message):
    spoil(coco)
    with pytest.raises(UserError, match=message) as caught:
        convert(coco, '--no-masks')
    assert len(str(caught.value).splitlines()) == 1


def test_a_disk_without_links_gets_the_way_out(coco, monkeypatch):

    def refuse(*args, **kwargs):
        raise OSError(1, 'Operation not permitted')

    monkeypatch.setattr(os, 'symlink', refuse)
    with pytest.raises(UserError, match='cannot be made a link .*; move'):
        convert(coco, '--no-masks')
    for split in ('train', 'val'):
        (coco / f'{split}2014').rename(coco / f'JPEGImages/{split}2014')
    convert(coco, '--no-masks')
