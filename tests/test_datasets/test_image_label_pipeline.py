"""ImageLabelDataset: what loaders, samplers and the masks of an export make of its samples."""

import json

import numpy as np
import pytest
from mmengine.dataset import ClassBalancedDataset
from PIL import Image
from test_datasets.labelled_images import NAMES, load, write

from ppl_mm.datasets import ImageLabelDataset
from ppl_mm.errors import UserError
from ppl_mm.formats.mask_file import write_label
from ppl_mm.registry import DATASETS
from ppl_mm.utils.cli import one_line


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
    with pytest.raises(UserError, match='c.png: has the label 4, expected 0 to 3 or 255') as error:
        dataset[0]
    assert one_line(error.value)
