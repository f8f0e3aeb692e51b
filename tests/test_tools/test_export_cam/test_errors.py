"""tools/export_cam.py: what is wrong ends with one line."""

import shutil

import pytest
from export_files import contents
from PIL import Image
from test_tools.test_export_cam.exported import other_checkpoint


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


def test_what_is_not_there(refuses, fails, tiny_config, trained):
    assert 'none.pth: no checkpoint is there' in refuses(checkpoint='none.pth')
    assert 'none.py: no such config' in fails('export_cam', 'none.py', trained, out_dir='out')
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
    line = fails('export_cam', config, trained, out_dir=tmp_path / 'out')
    assert 'which has no image-level labels' in line
