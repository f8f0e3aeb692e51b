"""tools/export_cam.py: what chooses the threshold."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from export_files import contents, record_of
from PIL import Image
from test_tools.test_export_cam.exported import VAL

from ppl_mm.formats.cam_file import read_cam
from ppl_mm.formats.mask_file import read_mask


def test_the_threshold_is_the_best_of_one_pass(export, demo_root):
    from mmseg.evaluation import IoUMetric

    folder = export('--threshold-split', 'val')
    chosen = record_of(folder)['threshold_from']
    assert chosen['split'] == 'val' and chosen['num_images'] == 4
    assert record_of(folder)['threshold'] == chosen['threshold']
    metric = IoUMetric(ignore_index=255)
    metric.dataset_meta = dict(classes=['background', *record_of(folder)['classes']])

    def miou(threshold):
        """By mmseg, of the PNGs at a threshold."""
        export('--threshold', threshold)
        for stem in VAL:
            label, mask = (
                torch.from_numpy(read_mask(path)).long()[None]
                for path in (
                    folder / f'labels/{stem}.png',
                    demo_root / 'SegmentationClass' / f'{stem}.png',
                )
            )
            metric.process(None, [dict(pred_sem_seg=dict(data=label), gt_sem_seg=dict(data=mask))])
        return metric.evaluate(4)['mIoU']

    best = miou(chosen['threshold'])
    assert round(100 * chosen['mIoU'], 2) == pytest.approx(best, abs=1e-5)
    for threshold in (0.05, 0.25, 0.6):
        assert miou(threshold) <= best


def test_a_threshold_of_another_export(export):
    one = export('--threshold-split', 'val', out='one')
    two = export('--threshold', one / 'export.json', '--split', 'train', out='two')
    assert record_of(two)['threshold'] == record_of(one)['threshold']
    assert record_of(two)['threshold_from'] == str(one / 'export.json')
    assert len(list((two / 'labels').iterdir())) == 8


def test_the_maps_choose_the_threshold_without_masks(export, data):
    root, option = data
    shutil.rmtree(root / 'SegmentationClass')
    info = record_of(export('--threshold', 'auto', *option))
    assert 0.05 <= info['threshold'] <= 0.95 and info['finished']
    assert not list((Path.cwd() / 'out').rglob('*.tmp*'))
    with Image.open(Path.cwd() / 'out/thresholds.jpg') as sheet:
        assert sheet.format == 'JPEG' and sheet.width > sheet.height / 2
    seen = info['threshold_from']
    assert seen['num_images'] == 4 and 0 < seen['covered'] < 1
    cams = [read_cam(path) for path in (Path.cwd() / 'out/cams').iterdir()]
    shares = [(cam.cam.max(axis=0) > np.float16(info['threshold'])).mean() for cam in cams]
    assert seen['covered'] == pytest.approx(np.mean(shares), abs=0.01)


def test_a_given_threshold_removes_the_sheet_of_the_one_that_the_maps_chose(export):
    """It would mark that one as the one in use."""
    folder = export('--threshold', 'auto')
    assert (folder / 'thresholds.jpg').is_file()
    export('--threshold', '0.3')
    assert not (folder / 'thresholds.jpg').exists()


def test_few_masks_and_the_maps_choose_together(export):
    masks = record_of(export('--threshold-split', 'val', out='masks'))['threshold']
    maps = record_of(export('--threshold', 'auto', out='maps'))['threshold']
    both = record_of(export('--threshold', 'auto', '--threshold-split', 'val', out='both'))
    found = both['threshold_from']
    assert min(masks, maps) <= found['threshold'] <= max(masks, maps)
    assert both['threshold'] == [found['by_class'][name] for name in both['classes']]
    assert found['split'] == 'val' and found['best_of_masks'] == masks
    assert found['prior_threshold'] == maps


def as_negatives(root, count):
    """Make the last images of train negatives, by more copies of them if there are too few."""
    names = [f'neg{k}' for k in range(count)]
    source = next((root / 'JPEGImages').glob('train_*'))
    for name in names:
        shutil.copy(source, root / f'JPEGImages/{name}{source.suffix}')
    with open(root / 'image_labels.csv', 'a') as file:
        file.writelines(f'{name},\n' for name in names)
    with open(root / 'ImageSets/Segmentation/train.txt', 'a') as file:
        file.writelines(f'{name}\n' for name in names)


@pytest.mark.parametrize('classes', ['labels', 'predicted'])
def test_negatives_dim_maps_of_their_strength(export, data, classes):
    """Those of predicted classes; a class that the labels name is there."""
    root, option = data
    as_negatives(root, 12)
    option = ('--classes', classes, *option)
    plain = export(*option, out='plain')
    dimmed = export(*option, 'export_negatives=train', out='dimmed')
    full = record_of(dimmed)['full_scale']
    assert len(full) == len(record_of(dimmed)['classes']) and min(full) >= 0
    assert record_of(plain)['full_scale'] is None
    assert len(list((dimmed / '.negatives/cams').iterdir())) == 12
    for stem in VAL:
        one, other = (read_cam(folder / f'cams/{stem}.npz') for folder in (plain, dimmed))
        assert np.array_equal(one.scale, other.scale)
        strength = np.minimum(1, one.scale / np.array(full)[one.class_ids])
        strength = strength if classes == 'predicted' else np.ones_like(strength)
        assert np.allclose(other.cam, one.cam * strength[:, None, None], atol=2e-3)
    before = contents(dimmed)
    export(*option, 'export_negatives=train', out='dimmed')
    assert contents(dimmed) == before


@pytest.mark.parametrize('softmax', [False, True])
def test_probabilities_need_no_more_than_one_to_count_fully(export, data, monkeypatch, softmax):
    root, option = data
    as_negatives(root, 12)
    monkeypatch.setattr('ppl_mm.apis.exporting.negative_maps._LEVEL', 1e-4)
    full = record_of(export(*option, 'export_negatives=train', f'tta_model.softmax={softmax}'))[
        'full_scale'
    ]
    assert (max(full) == 1) == softmax


def test_negatives_write_nothing_into_a_folder_of_others(refuses, data, tmp_path):
    root, option = data
    as_negatives(root, 12)
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out/mine.txt').write_text('mine')
    assert 'holds other files' in refuses(*option, 'export_negatives=train')
    assert os.listdir(tmp_path / 'out') == ['mine.txt']


def test_a_split_of_negatives_that_is_not_there(refuses):
    assert 'none.txt' in refuses('--cfg-options', 'export_negatives=none')


def test_a_few_negatives_change_nothing(export, data):
    root, option = data
    as_negatives(root, 3)
    folder = export(*option, 'export_negatives=train')
    assert record_of(folder)['full_scale'] is None and not (folder / '.negatives').exists()


def test_a_config_names_what_chooses_the_threshold(export, tiny_config):
    folder = export('--cfg-options', 'export_threshold=auto')
    assert 'auto' in record_of(folder)['threshold_from']
    again = export('--threshold', 0.3, '--cfg-options', 'export_threshold=auto')
    assert record_of(again)['threshold'] == 0.3


def test_an_expected_area(export):
    few = record_of(export('--threshold', 'auto', '--expected-area', '1-5%'))
    many = record_of(export('--threshold', 'auto', '--expected-area', '30-40%'))
    assert few['threshold'] > many['threshold']
    assert 0.01 <= few['threshold_from']['covered'] <= 0.05
    assert few['threshold_from']['auto'] == 'expected area 1-5 %'


def test_boxes_of_the_labels_bound_what_auto_covers(export, data):
    root, option = data
    auto = ('--threshold', 'auto', *option)
    free = record_of(export(*auto))
    (root / 'own_data.json').write_text('{"box_share": 0.04}')
    bound = record_of(export(*auto))
    assert bound['threshold'] > free['threshold'] and bound['threshold_from']['covered'] <= 0.04
    assert bound['threshold_from']['auto'] == 'at most the 4 % of an image that boxes cover'
    said = record_of(export(*auto, '--expected-area', '30-40%'))
    assert said['threshold'] < bound['threshold']


def test_classes_have_thresholds_of_their_own(export, tool, tmp_path):
    shared = export('--threshold', 0.3)
    first, *others = record_of(shared)['classes']
    labels = {path.name: read_mask(path) for path in (shared / 'labels').iterdir()}
    maps = contents(shared / 'cams')
    own = export('--threshold', f'0.3,{first}=0.9')
    assert record_of(own)['threshold'] == [0.9] + [0.3] * len(others)
    assert contents(own / 'cams') == maps  # only cut elsewhere
    area = {name: np.array([0, 0]) for name in ('shared', 'own')}
    for name, label in labels.items():
        for key, one in (('shared', label), ('own', read_mask(own / 'labels' / name))):
            area[key] += [(one == 1).sum(), (one > 1).sum()]
    assert area['own'][0] < area['shared'][0] and area['own'][1] >= area['shared'][1]
    again = export('--threshold', own / 'export.json', out='again')
    assert contents(again / 'labels') == contents(own / 'labels')
    refined = tool('refine', 'configs/own/refine_own.py', own, '--out-dir', tmp_path / 'refined')
    assert refined.code == 0, refined.output
    steps = record_of(tmp_path / 'refined')['refiners']
    cuts = [step['threshold'] for step in steps if 'threshold' in step]
    assert cuts == [record_of(own)['threshold']]


def test_what_objects_of_a_class_cover(export):
    shared = record_of(export('--threshold', 'auto'))
    first, second = shared['classes'][:2]
    area = f'{first}=0.5-2%,{second}=30-40%'
    record = record_of(export('--threshold', 'auto', '--expected-area', area))
    cuts = dict(zip(record['classes'], record['threshold'], strict=True))
    assert cuts[first] > shared['threshold'] > cuts[second]
    assert all(cuts[name] == shared['threshold'] for name in record['classes'][2:])
    rule = record['threshold_from']['auto']
    assert rule.startswith('mean') and rule.endswith(f'expected area of {first}, {second}')


def test_boxes_of_a_class_bound_what_it_covers(export, data):
    root, option = data
    auto = ('--threshold', 'auto', *option)
    free = record_of(export(*auto))
    first = free['classes'][0]
    (root / 'own_data.json').write_text(json.dumps({'box_share_of_class': {first: 0.01}}))
    bound = record_of(export(*auto))
    assert bound['threshold'][0] > free['threshold'] == bound['threshold'][1]
    assert f'at most the boxes of {first}' in bound['threshold_from']['auto']


@pytest.mark.parametrize(
    'options, message',
    [
        (['--threshold', 'nobody=0.3'], "--threshold: 'nobody' is not a class; there are"),
        (['--threshold', 'a=0.3,a=0.4'], 'names a class twice'),
        (['--threshold', '0.3,a=much'], "'much' is not a number"),
        (['--threshold', '0.3,a=7'], 'must be in 0..1'),
        (['--threshold', 'a=0.3', '--expected-area', '1-5%'], 'only --threshold auto reads it'),
        (
            ['--threshold', 'auto', '--expected-area', 'nobody=1-5%'],
            "--expected-area: 'nobody' is not a class; there are",
        ),
        (['--threshold', 'auto', '--expected-area', 'a=tiny'], '--expected-area tiny: give the'),
        (['--threshold', 'auto', '--expected-area', '=1%'], 'has no class'),
        (['--threshold', 'auto', '--expected-area', 'tiny'], '--expected-area tiny: give the per'),
        (['--threshold', '0.3', '--expected-area', '1-5%'], 'only --threshold auto reads it'),
        (['--expected-area', '1-5%'], 'only --threshold auto reads it'),
        (['--cfg-options', 'export_threshold=often'], '--threshold often: not a number'),
    ],
)
def test_what_auto_does_not_take(refuses, options, message):
    assert message in refuses(*options)


def test_negatives_alone_leave_nothing_to_cut(export, data):
    root, option = data
    rows = (root / 'image_labels.csv').read_text().splitlines()
    empty = [line.split(',')[0] + ',' for line in rows[1:]]
    (root / 'image_labels.csv').write_text('\n'.join([rows[0], *empty]) + '\n')
    folder = export('--threshold', 'auto', *option)
    assert record_of(folder)['threshold_from']['auto'] == 'no image of the split has a class'
    assert not any(read_mask(path).any() for path in (folder / 'labels').iterdir())
