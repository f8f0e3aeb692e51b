import csv
import hashlib
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from ppl_mm.data_tools.demo import data, drawing
from ppl_mm.data_tools.demo.data import CLASSES, demo_sample, sample_classes, write_demo_data
from ppl_mm.errors import UserError

SMALL = dict(train=6, val=3, size=48)


def digests(root):
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(root).rglob('*'))
        if path.is_file()
    }


@pytest.fixture(scope='module')
def demo(tmp_path_factory):
    root = tmp_path_factory.mktemp('demo') / 'data'
    assert write_demo_data(root, seed=3, **SMALL)
    return root


def test_the_same_seed_gives_the_same_bytes(demo, tmp_path):
    write_demo_data(tmp_path / 'again', seed=3, **SMALL)
    assert digests(demo) == digests(tmp_path / 'again')


def test_another_seed_gives_other_images(demo, tmp_path):
    write_demo_data(tmp_path / 'other', seed=4, **SMALL)
    first, second = digests(demo), digests(tmp_path / 'other')
    images = [name for name in first if name.endswith('.jpg')]
    assert len(images) == 9
    assert all(first[name] != second[name] for name in images)


def test_a_larger_set_only_adds_images(demo, tmp_path):
    write_demo_data(tmp_path / 'more', seed=3, train=7, val=4, size=48)
    first, second = digests(demo), digests(tmp_path / 'more')
    pictures = [name for name in first if name.endswith(('.jpg', '.png'))]
    assert all(first[name] == second[name] for name in pictures)


def test_no_image_is_in_both_splits():
    train = [demo_sample(0, 'train', index, 48).image for index in range(8)]
    val = [demo_sample(0, 'val', index, 48).image for index in range(8)]
    assert not any(np.array_equal(a, b) for a in train for b in val)


def test_labels_masks_and_boxes_agree(demo):
    with open(demo / 'image_labels.csv') as file:
        labels = {row['image']: row['labels'].split() for row in csv.DictReader(file)}
    assert (demo / 'classes.txt').read_text().split() == ['background', *CLASSES]
    listed = []
    for split in ('train', 'val'):
        text = (demo / f'ImageSets/Segmentation/{split}.txt').read_text()
        listed += text.split()
    assert sorted(listed) == sorted(labels)
    for stem, names in labels.items():
        mask = Image.open(demo / f'SegmentationClass/{stem}.png')
        image = Image.open(demo / f'JPEGImages/{stem}.jpg')
        assert mask.mode == 'P' and image.mode == 'RGB'
        assert mask.size == image.size == (48, 48)
        mask = np.array(mask)
        present = [CLASSES[value - 1] for value in np.unique(mask) if value]
        tree = ElementTree.parse(demo / f'Annotations/{stem}.xml')
        objects = tree.findall('object')
        assert present == names
        assert sorted({item.findtext('name') for item in objects}) == names
        for item in objects:
            xmin, ymin, xmax, ymax = (
                int(item.findtext(f'bndbox/{side}')) for side in ('xmin', 'ymin', 'xmax', 'ymax')
            )
            value = CLASSES.index(item.findtext('name')) + 1
            box = mask[ymin - 1 : ymax, xmin - 1 : xmax]
            assert 1 <= xmin <= xmax <= 48 and 1 <= ymin <= ymax <= 48
            assert (box == value).any()


def test_every_class_and_number_of_creatures_occurs():
    samples = [demo_sample(0, 'train', index, 96) for index in range(40)]
    assert {len(sample.objects) for sample in samples} == {1, 2, 3}
    assert {len(sample_classes(sample)) for sample in samples} == {1, 2, 3}
    assert {name for sample in samples for name in sample_classes(sample)} == set(CLASSES)
    share = np.mean([(sample.mask > 0).mean() for sample in samples])
    assert 0.1 < share < 0.25


@pytest.mark.parametrize('class_id', range(len(CLASSES)))
def test_a_head_is_about_a_fifth_of_its_creature(class_id, monkeypatch):
    pose = drawing._Pose(48, 48, 20, 0.3, 0.52)

    def area(headless):
        monkeypatch.setattr(drawing, 'HEADLESS', headless)
        rng = np.random.default_rng(0)
        colour, alpha = drawing._draw_creature(rng, class_id, pose, 96)
        return colour, alpha

    plain, _body = area(1)
    loud, whole = area(0)
    changed = (np.abs(plain - loud).max(2) > 0.05) & (whole > 0.5)
    assert 0.15 < changed.sum() / (whole > 0.5).sum() < 0.27


def test_a_second_run_writes_nothing(demo):
    before = {path: path.stat().st_mtime_ns for path in demo.rglob('*')}
    assert not write_demo_data(demo, seed=3, **SMALL)
    assert before == {path: path.stat().st_mtime_ns for path in demo.rglob('*')}


def test_an_interrupted_run_is_completed(demo, tmp_path, monkeypatch):
    class Interrupt(Exception):
        pass

    def stop(seed, split, index, size):
        if index == 4:
            raise Interrupt
        return demo_sample(seed, split, index, size)

    root = tmp_path / 'data'
    with monkeypatch.context() as patch, pytest.raises(Interrupt):
        patch.setattr(data, 'demo_sample', stop)
        write_demo_data(root, seed=3, **SMALL)
    assert not json.loads((root / 'demo.json').read_text())['complete']
    assert write_demo_data(root, seed=3, **SMALL)
    assert digests(root) == digests(demo)


def test_a_deleted_image_is_made_again(demo, tmp_path):
    root = tmp_path / 'data'
    write_demo_data(root, seed=3, **SMALL)
    (root / 'JPEGImages/val_00001.jpg').unlink()
    assert write_demo_data(root, seed=3, **SMALL)
    assert digests(root) == digests(demo)


def test_a_folder_of_other_settings_is_refused_and_kept(demo):
    before = digests(demo)
    with pytest.raises(UserError, match='seed 3 there, 5 here.*another'):
        write_demo_data(demo, seed=5, **SMALL)
    assert digests(demo) == before


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / 'thesis.tex').write_text('mine')
    with pytest.raises(UserError, match='holds other files than demo data'):
        write_demo_data(tmp_path, **SMALL)
