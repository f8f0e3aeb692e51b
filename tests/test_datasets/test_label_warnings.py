"""What is said of pseudo-labels before a network learns from them."""

import json
import shutil

import numpy as np
import pytest
from mmengine.logging import MMLogger

from ppl_mm.datasets import CAMPseudoLabelDataset, ImageLabelDataset
from ppl_mm.datasets.label_warnings import warn_about_labels
from ppl_mm.formats.mask_file import write_label

SIZE = (48, 48)


@pytest.fixture
def labels(demo_root, tmp_path):
    """The folder of an export of the training images: the true masks."""
    folder = tmp_path / 'out'
    for name in demo_root.joinpath('ImageSets/Segmentation/train.txt').read_text().split():
        source = demo_root / f'SegmentationClass/{name}.png'
        folder.joinpath('labels').mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / f'labels/{name}.png')
    classes = demo_root.joinpath('classes.txt').read_text().split()[1:]
    folder.joinpath('export.json').write_text(json.dumps(dict(classes=classes, threshold=0.3)))
    return folder


def segmentation_data(labels, root, **options):
    ann_file = 'ImageSets/Segmentation/train.txt'
    return CAMPseudoLabelDataset(str(labels), str(root), ann_file, **options)


def self_training_data(labels, root, **options):
    return ImageLabelDataset(data_root=str(root), split='train', label_dir=str(labels), **options)


@pytest.fixture(params=[segmentation_data, self_training_data])
def warnings(request, labels, demo_root, capfd):
    """Makes the training data of a network; returns the lines that it logs."""

    def make(root=demo_root, **options):
        MMLogger.get_instance('labels', logger_name='labels')
        request.param(labels, root, **options)
        lines = ''.join(capfd.readouterr()).splitlines()
        return [line for line in lines if 'pseudo-label' in line]

    return make


def overwrite(labels, value):
    for path in labels.joinpath('labels').iterdir():
        write_label(path, np.full(SIZE, value, np.uint8))


def test_good_labels_are_not_suspicious(warnings):
    assert warnings() == []


@pytest.mark.parametrize(
    'value, counted, advice',
    [
        (0, '8 of 8 pseudo-labels are all background', 'lower the threshold'),
        (1, 'more than 90 % of 8 of 8 images', 'raise the threshold'),
        (255, '8 of 8 pseudo-labels are all void', 'let the label rule ignore less'),
    ],
)
def test_labels_that_teach_nothing(warnings, labels, value, counted, advice):
    overwrite(labels, value)
    line, *more = warnings()
    assert 'WARNING' in line and counted in line and advice in line
    assert len(more) == (value == 1)  # the other classes have no image


def test_a_class_without_an_image(warnings, labels):
    for path in labels.joinpath('labels').iterdir():
        write_label(path, np.repeat(np.uint8([0, 0, 1, 2]), 12 * 48).reshape(SIZE))
    (line,) = warnings()
    assert 'no pseudo-label shows' in line and '(2 of 4 classes)' in line


def test_images_that_show_no_class_are_rightly_background(warnings, labels, demo_root, tmp_path):
    overwrite(labels, 0)
    root = shutil.copytree(demo_root, tmp_path / 'data')
    rows = [line.split(',')[0] for line in (root / 'image_labels.csv').read_text().splitlines()]
    (root / 'image_labels.csv').write_text(
        '\n'.join(['image,labels', *(f'{r},' for r in rows[1:])])
    )
    assert warnings(root) == []


def test_a_test_says_nothing(warnings, labels):
    overwrite(labels, 0)
    assert warnings(test_mode=True) == []


def test_of_many_labels_some_are_read(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr('ppl_mm.datasets.label_warnings._MOST_READ', 10)
    paths = {str(k): str(tmp_path / f'{k}.png') for k in range(100)}
    for k in range(0, 100, 10):  # only these exist
        write_label(paths[str(k)], np.zeros(SIZE, np.uint8))
    MMLogger.get_instance('labels', logger_name='labels')
    warn_about_labels(paths, ('cat',), frozenset)
    assert '10 of 10 pseudo-labels are all background' in ''.join(capfd.readouterr())
