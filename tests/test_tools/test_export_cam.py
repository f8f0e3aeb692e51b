import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ppl_mm.apis import cam_writer, export_runner
from ppl_mm.apis import export as export_module
from ppl_mm.cams import label_from_cam
from ppl_mm.formats.cam_file import read_cam
from ppl_mm.formats.mask_file import read_mask
from ppl_mm.utils import main_process

TOOLS = Path(__file__).parents[2] / 'tools'
VAL = [f'val_{k:05d}' for k in range(4)]


@pytest.fixture
def export(tool, tiny_config, trained, tmp_path):
    """Runs tools/export_cam.py into tmp_path/out; must succeed."""

    def run(*args, out='out', checkpoint=trained):
        done = tool('export_cam', tiny_config, checkpoint, '--out-dir', tmp_path / out, *args)
        assert done.code == 0, done.output
        return tmp_path / out

    return run


@pytest.fixture
def refuses(fails, tiny_config, trained, tmp_path):
    """Runs tools/export_cam.py, which must fail; returns its line."""

    def run(*args, out='out', checkpoint=trained):
        return fails('export_cam', tiny_config, checkpoint, '--out-dir', tmp_path / out, *args)

    return run


@pytest.fixture
def data(demo_root, tmp_path):
    """A copy of the data set, to be broken, and the option that uses it."""
    root = shutil.copytree(demo_root, tmp_path / 'data')
    return root, ['--cfg-options', f'test_dataloader.dataset.data_root={root}']


def info_of(folder):
    return json.loads((folder / 'export.json').read_text())


def contents(folder):
    """Bytes of the CAMs and labels."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted([*folder.rglob('*.npz'), *folder.rglob('*.png')])
    }


def times(folder):
    return {
        path: path.stat().st_mtime_ns for path in [*folder.rglob('*.npz'), *folder.rglob('*.png')]
    }


def labels_of(root):
    with open(root / 'image_labels.csv') as file:
        rows = list(csv.DictReader(file))
    classes = (root / 'classes.txt').read_text().split()[1:]
    return {row['image']: sorted(map(classes.index, row['labels'].split())) for row in rows}


def test_what_it_writes(export, demo_root):
    folder = export('--threshold', 0.3)
    assert sorted(p.stem for p in (folder / 'cams').iterdir()) == VAL
    assert sorted(p.stem for p in (folder / 'labels').iterdir()) == VAL
    truth = labels_of(demo_root)
    for stem in VAL:
        with np.load(folder / f'cams/{stem}.npz', allow_pickle=False) as file:
            assert file['class_ids'].tolist() == truth[stem]
            assert file['class_ids'].dtype == np.int16
            assert file['cam'].shape == (len(truth[stem]), 12, 12)
            assert file['cam'].dtype == np.float16
            assert file['cam'].min() >= 0 and file['cam'].max() <= 1
            assert file['normalized'] and file['size'].tolist() == [48, 48]
        assert Image.open(folder / f'labels/{stem}.png').mode == 'P'
        label = read_mask(folder / f'labels/{stem}.png')
        assert np.array_equal(label, label_from_cam(read_cam(folder / f'cams/{stem}.npz'), 0.3))
        assert set(np.unique(label)) <= {0, *(k + 1 for k in truth[stem])}


def test_what_it_records(export, demo_root, trained, tiny_config):
    info = info_of(export('--split', 'train'))
    assert info['classes'] == (demo_root / 'classes.txt').read_text().split()[1:]
    assert info['checkpoint'] == str(trained)
    assert len(info['checkpoint_sha256']) == 64
    assert info['config'] == str(tiny_config)
    assert (info['split'], info['num_images']) == ('train', 8)
    assert (info['threshold'], info['threshold_from']) == (0.15, 'default, as IRN')


def test_the_threshold_is_the_best_of_one_pass(export, demo_root):
    from mmseg.evaluation import IoUMetric

    folder = export('--threshold-split', 'val')
    chosen = info_of(folder)['threshold_from']
    assert chosen['split'] == 'val' and chosen['num_images'] == 4
    assert info_of(folder)['threshold'] == chosen['threshold']
    metric = IoUMetric(ignore_index=255)
    metric.dataset_meta = dict(classes=['background', *info_of(folder)['classes']])

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
    assert info_of(two)['threshold'] == info_of(one)['threshold']
    assert info_of(two)['threshold_from'] == str(one / 'export.json')
    assert len(list((two / 'labels').iterdir())) == 8


def test_predicted_classes_need_no_labels(export, data):
    root, option = data
    (root / 'image_labels.csv').unlink()
    folder = export('--classes', 'predicted', *option, 'model.head.thr=0.')
    for stem in VAL:
        ids = read_cam(folder / f'cams/{stem}.npz').class_ids
        assert ids.tolist() == [0, 1, 2, 3]
    assert info_of(folder)['class_source'] == 'predicted'


def test_the_second_run_does_nothing(export, monkeypatch):
    before = times(export())
    monkeypatch.setattr(export_runner.Runner, 'from_cfg', None)
    assert times(export()) == before


def test_a_run_that_lost_files_makes_them_again(export):
    folder = export()
    before, stamps = contents(folder), times(folder)
    lost = [
        folder / 'cams/val_00001.npz',
        folder / 'labels/val_00001.png',
        folder / 'labels/val_00003.png',
    ]
    for path in lost:
        path.unlink()
    assert contents(export()) == before
    after = times(folder)
    assert {path for path in after if after[path] != stamps[path]} == set(lost)


@pytest.mark.parametrize(
    'module, name, redone',
    [
        # Labels may be of another threshold, and cost nothing.
        (cam_writer, 'write_cam', 2),
        (export_module, 'write_label', 4),
    ],
)
def test_a_killed_run_continues(
    export, tool, tiny_config, trained, tmp_path, monkeypatch, module, name, redone
):
    whole, write, calls = export(out='whole'), getattr(module, name), []

    def stop_at_the_third(*args):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        write(*args)

    monkeypatch.setattr(module, name, stop_at_the_third)
    done = tool('export_cam', tiny_config, trained, '--out-dir', tmp_path / 'out')
    assert done.code == 130 and 'to continue' in done.output
    assert info_of(tmp_path / 'out').get('threshold') is None
    monkeypatch.setattr(module, name, lambda *args: (calls.append(args), write(*args)))
    assert contents(export()) == contents(whole)
    assert len(calls) == 3 + redone


def test_another_threshold_writes_all_labels_anew(export):
    folder = export('--split', 'val', '--threshold', 0.2)
    export('--split', 'train', '--threshold', 0.2)
    stamps = times(folder / 'cams')
    export('--split', 'val', '--threshold', 0.6)
    assert {
        path: stamp for path, stamp in times(folder / 'cams').items() if path in stamps
    } == stamps
    for path in (folder / 'labels').iterdir():  # those of train, too
        expected = label_from_cam(read_cam(folder / f'cams/{path.stem}.npz'), 0.6)
        assert np.array_equal(read_mask(path), expected)


def test_maps_are_as_large_as_asked(export):
    one = export('--cfg-options', 'tta_model.cam_stride=2')
    assert read_cam(one / 'cams/val_00000.npz').cam.shape[1:] == (24, 24)


def test_the_checkpoints_stage_is_used(export, trained, tmp_path):
    usual = contents(export(out='usual'))
    other = contents(export('--cfg-options', 'model.neck.position=6', out='other'))
    assert other == usual


def other_checkpoint(trained, path, change=lambda state: None):
    saved = torch.load(trained)
    saved['state_dict']['head.classifier.weight'] += 0.1
    change(saved)
    torch.save(saved, path)
    return path


def test_a_damaged_record_is_one_line(export, refuses):
    (export() / 'export.json').write_text('{"classes": ')
    assert 'export.json: not a readable record' in refuses()


def test_masks_of_nothing_but_void_choose_no_threshold(refuses, data):
    root, option = data
    for path in (root / 'SegmentationClass').iterdir():
        size = Image.open(path).size
        Image.new('L', size, 255).save(path)
    line = refuses('--threshold-split', 'val', *option)
    assert 'split val: no threshold can be chosen on it' in line


@pytest.mark.parametrize(
    'option, key',
    [
        ('tta_model.cam_stride=8', 'cam_stride'),
        ('tta_model.relu=after', 'relu'),
        ('tta_model.softmax=True', 'softmax'),
        ('model.head.type=ppl_mm.SelfTrainedCAMHead', 'network'),
        ('model.head.thr=0.01', 'network'),
        ('data_preprocessor.mean=[0,0,0]', 'network'),
        ('tta_pipeline.1.transforms.0.0.scale_factor=2.0', 'views'),
    ],
)
def test_the_folder_of_other_settings(export, refuses, option, key):
    before = contents(export())
    line = refuses('--cfg-options', option)
    assert 'holds an export made with other settings' in line and key in line
    assert contents(export()) == before


def test_the_folder_of_another_run(export, refuses, trained, tmp_path, data):
    before = contents(export())
    other = other_checkpoint(trained, tmp_path / 'other.pth')
    assert 'other settings (checkpoint_sha256 ' in refuses(checkpoint=other)
    assert 'other settings (data_root ' in refuses(*data[1])
    assert 'class_source labels there, predicted here' in refuses('--classes', 'predicted')
    assert contents(export()) == before


def test_a_folder_of_something_else(refuses, tmp_path):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out/photo.jpg').touch()
    line = refuses()
    assert 'holds other files than an export' in line
    assert os.listdir(tmp_path / 'out') == ['photo.jpg']


def test_what_others_write_at_the_moment_takes_no_folder(export, tmp_path):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out/.export.json.abc.tmp').touch()  # of an atomic write
    assert info_of(export())['num_images'] == 4


def test_the_ranks_are_known_before_the_folder_is_looked_at(export, monkeypatch):
    # With GPUs the Runner would be the first to make a group, and what is
    # exported already has none.
    export()
    calls = []
    monkeypatch.setattr(
        'ppl_mm.utils.distributed.setup', lambda cfg, launcher: calls.append('setup')
    )
    monkeypatch.setattr('ppl_mm.utils.distributed.make_group', lambda cfg: calls.append('group'))
    for module, name in (
        (export_module, 'barrier'),
        (export_module, 'is_main_process'),
        (main_process, 'is_main_process'),
    ):
        known = getattr(module, name)
        monkeypatch.setattr(module, name, lambda _known=known: (calls.append('rank'), _known())[1])
    export()
    assert calls[:2] == ['setup', 'group'] and set(calls[2:]) == {'rank'}


def test_a_wrong_checkpoint_takes_no_folder(export, refuses, trained, tmp_path):
    line = refuses('--cfg-options', 'model.backbone.depth=50')
    assert 'backbone.layer1.0.conv3.weight' in line and str(trained) in line
    assert len(contents(export())) == 8


@pytest.mark.parametrize('workers', [0, 2])
def test_a_missing_image(refuses, data, workers):
    root, option = data
    (root / 'JPEGImages/val_00002.jpg').unlink()
    line = refuses(*option, f'test_dataloader.num_workers={workers}')
    assert "'val_00002' is missing" in line


@pytest.mark.parametrize('workers', [0, 2])
def test_a_truncated_image_keeps_what_was_written(export, refuses, data, tmp_path, workers):
    root, option = data
    whole = export(*option, out='whole')
    path = root / 'JPEGImages/val_00002.jpg'
    image = path.read_bytes()
    path.write_bytes(image[: len(image) // 2])
    line = refuses(*option, f'test_dataloader.num_workers={workers}')
    assert str(path) in line
    written = contents(tmp_path / 'out')
    assert written.items() <= contents(whole).items()
    path.write_bytes(image)
    assert contents(export(*option)) == contents(whole)


def rewrite(path, change):
    path.write_text(change(path.read_text()))


@pytest.mark.parametrize(
    'change, message',
    [
        (lambda text: text.replace('toma', 'unicorn'), 'unicorn'),
        (lambda text: '', 'image_labels.csv'),
        (lambda text: text.splitlines()[0] + '\n', 'holds no labels'),
        (lambda text: text.replace('val_00001,', 'val_00000,'), 'occurs twice'),
    ],
)
def test_labels_that_are_wrong(refuses, data, change, message):
    root, option = data
    rewrite(root / 'image_labels.csv', change)
    line = refuses(*option)
    assert message in line and 'image_labels.csv' in line


def test_other_class_lists(refuses, data, trained, tmp_path):
    root, option = data
    classes = (root / 'classes.txt').read_text().split()
    line = refuses(
        checkpoint=other_checkpoint(
            trained,
            tmp_path / 'other.pth',
            lambda saved: saved['meta'].update(dataset_meta=dict(classes=classes[:0:-1])),
        )
    )
    assert 'was trained for the classes' in line
    # The same number, in another order.
    (root / 'classes.txt').write_text('\n'.join([classes[0], *classes[:0:-1]]))
    assert 'was trained for the classes' in refuses(*option)


@pytest.mark.parametrize('missing', ['one', 'all', 'setting'])
def test_a_split_without_masks(refuses, data, tmp_path, missing):
    root, option = data
    if missing == 'one':
        (root / 'SegmentationClass/val_00003.png').unlink()
    elif missing == 'all':
        shutil.rmtree(root / 'SegmentationClass')
    else:
        option.append('test_dataloader.dataset.data_prefix.seg_map_path=')
    line = refuses('--threshold-split', 'val', *option)
    assert 'split val' in line and 'give --threshold' in line
    assert not contents(tmp_path / 'out')  # nothing was run in vain


@pytest.mark.parametrize(
    'threshold, message',
    [
        ('1.5', 'must be in 0..1'),
        ('-0.1', 'must be in 0..1'),
        ('nan', 'must be in 0..1'),
        ('none.json', 'not a number,'),
    ],
)
def test_wrong_thresholds(refuses, threshold, message):
    assert message in refuses(f'--threshold={threshold}')


def test_the_maps_choose_the_threshold_without_masks(export, data):
    root, option = data
    shutil.rmtree(root / 'SegmentationClass')
    info = info_of(export('--threshold', 'auto', *option))
    assert 0.05 <= info['threshold'] <= 0.95 and info['finished']
    assert not list((Path.cwd() / 'out').rglob('*.tmp*'))
    with Image.open(Path.cwd() / 'out/thresholds.jpg') as sheet:
        assert sheet.format == 'JPEG' and sheet.width > sheet.height / 2
    seen = info['threshold_from']
    assert seen['num_images'] == 4 and 0 < seen['covered'] < 1
    cams = [read_cam(path) for path in (Path.cwd() / 'out/cams').iterdir()]
    shares = [(cam.cam.max(axis=0) > np.float16(info['threshold'])).mean() for cam in cams]
    assert seen['covered'] == pytest.approx(np.mean(shares), abs=0.01)


def test_few_masks_and_the_maps_choose_together(export):
    masks = info_of(export('--threshold-split', 'val', out='masks'))['threshold']
    maps = info_of(export('--threshold', 'auto', out='maps'))['threshold']
    both = info_of(export('--threshold', 'auto', '--threshold-split', 'val', out='both'))
    assert min(masks, maps) <= both['threshold'] <= max(masks, maps)
    found = both['threshold_from']
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


def test_negatives_dim_maps_of_their_strength(export, data):
    root, option = data
    as_negatives(root, 12)
    plain = export(*option, out='plain')
    dimmed = export(*option, 'export_negatives=train', out='dimmed')
    full = info_of(dimmed)['full_scale']
    assert len(full) == len(info_of(dimmed)['classes']) and min(full) >= 0
    assert info_of(plain)['full_scale'] is None
    assert len(list((dimmed / '.negatives/cams').iterdir())) == 12
    for stem in VAL:
        one, other = (read_cam(folder / f'cams/{stem}.npz') for folder in (plain, dimmed))
        assert np.array_equal(one.scale, other.scale)
        strength = np.minimum(1, one.scale / np.array(full)[one.class_ids])
        assert np.allclose(other.cam, one.cam * strength[:, None, None], atol=2e-3)
    before = contents(dimmed)
    export(*option, 'export_negatives=train', out='dimmed')
    assert contents(dimmed) == before


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
    assert info_of(folder)['full_scale'] is None and not (folder / '.negatives').exists()


def test_a_config_names_what_chooses_the_threshold(export, tiny_config):
    folder = export('--cfg-options', 'export_threshold=auto')
    assert 'auto' in info_of(folder)['threshold_from']
    again = export('--threshold', 0.3, '--cfg-options', 'export_threshold=auto')
    assert info_of(again)['threshold'] == 0.3


def test_an_expected_area(export):
    few = info_of(export('--threshold', 'auto', '--expected-area', '1-5%'))
    many = info_of(export('--threshold', 'auto', '--expected-area', '30-40%'))
    assert few['threshold'] > many['threshold']
    assert 0.01 <= few['threshold_from']['covered'] <= 0.05
    assert few['threshold_from']['auto'] == 'expected area 1-5 %'


@pytest.mark.parametrize(
    'options, message',
    [
        (['--threshold', 'auto', '--expected-area', 'tiny'], '--expected-area tiny: give the per'),
        (['--threshold', 'auto', '--expected-area', '5-1%'], '--expected-area 5-1%: give the per'),
        (['--threshold', '0.3', '--expected-area', '1-5%'], 'only --threshold auto reads it'),
        (['--expected-area', '1-5%'], 'only --threshold auto reads it'),
        (['--threshold', 'automatic'], "not a number, 'auto'"),
        (['--cfg-options', 'export_threshold=often'], '--threshold often: not a number'),
        (['--cfg-options', 'export_threshold=7'], 'must be in 0..1'),
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
    assert info_of(folder)['threshold_from']['auto'] == 'no image of the split has a class'
    assert not any(read_mask(path).any() for path in (folder / 'labels').iterdir())


def test_the_threshold_of_an_unfinished_export(refuses, tmp_path):
    path = tmp_path / 'export.json'
    path.write_text('{"threshold": null}')
    assert 'not finished' in refuses('--threshold', path)


@pytest.mark.parametrize(
    'content',
    [
        '[0.3]',
        '0.3',
        '"export"',
        '{"threshold": [0.3]}',
        '{"threshold": {}}',
        '{"threshold": "high"}',
    ],
)
def test_a_file_that_holds_no_threshold(refuses, tmp_path, content):
    path = tmp_path / 'export.json'
    path.write_text(content)
    assert f'--threshold {path}: not a number,' in refuses('--threshold', path)


def test_what_is_not_there(refuses, fails, tiny_config, trained):
    assert 'none.pth: no checkpoint is there' in refuses(checkpoint='none.pth')
    assert 'none.py: no such config' in fails('export_cam', 'none.py', trained, '--out-dir', 'out')
    assert 'nosplit.txt' in refuses('--split', 'nosplit')
    assert 'no tta_model' in refuses('--cfg-options', 'tta_model=None')


def test_a_data_set_without_image_level_labels(fails, tiny_config, trained, demo_root, tmp_path):
    config = tmp_path / 'seg_data.py'
    config.write_text(
        f"_base_ = '{tiny_config}'\n"
        'test_dataloader = dict(dataset=dict(\n'
        "    _delete_=True, type='ppl_mm.VOCLayoutDataset', pipeline=[],\n"
        f"    data_root='{demo_root}'))\n"
    )
    line = fails('export_cam', config, trained, '--out-dir', tmp_path / 'out')
    assert 'which has no image-level labels' in line


def export_on_two(tiny_config, trained, out, *args):
    """Run the export on two processes; returns the finished one."""
    return subprocess.run(
        ['bash', TOOLS / 'dist_export_cam.sh', tiny_config, trained, '2', '--out-dir', out, *args],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, 'PYTHON': sys.executable, 'CUDA_VISIBLE_DEVICES': ''},
    )


@pytest.mark.slow
def test_two_processes_write_the_same_files(export, tiny_config, trained, tmp_path):
    one = export('--split', 'train', '--threshold-split', 'val', out='one')
    done = export_on_two(
        tiny_config, trained, tmp_path / 'two', '--split', 'train', '--threshold-split', 'val'
    )
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / 'two') == contents(one)
    assert len(contents(one)) == 8 + 4 + 8
    assert info_of(tmp_path / 'two') == info_of(one)


@pytest.mark.slow
def test_two_processes_end_with_one_line_at_a_broken_mask(tiny_config, trained, data, tmp_path):
    root, option = data
    mask = root / 'SegmentationClass/val_00001.png'
    mask.write_bytes(mask.read_bytes()[:50])
    done = export_on_two(
        tiny_config,
        trained,
        tmp_path / 'two',
        '--split',
        'val',
        '--threshold-split',
        'val',
        *option,
    )
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if 'error: ' in line]
    assert len(errors) == 1 and 'val_00001.png: not a readable mask' in errors[0]
    assert 'Traceback' not in done.stderr
