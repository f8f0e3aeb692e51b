"""tools/test.py: images in folders, and predictions alone."""

import shutil

import pytest

from ppl_mm.utils import locks


@pytest.fixture
def in_folders(demo_root, tmp_path):
    """Two photos 01 in folders of their own, and the options to test them."""
    data = shutil.copytree(demo_root, tmp_path / 'data')
    for k, folder in enumerate(('cats', 'dogs')):
        for kind, ending in (('JPEGImages', 'jpg'), ('SegmentationClass', 'png')):
            (data / kind / folder).mkdir()
            shutil.copy(
                data / f'{kind}/val_0000{k}.{ending}', data / f'{kind}/{folder}/01.{ending}'
            )
    path = data / 'ImageSets/Segmentation/folders.txt'
    path.write_text('cats/01\ndogs/01\n')
    return [
        '--cfg-options',
        f'test_dataloader.dataset.data_root={data}',
        f'test_dataloader.dataset.ann_file={path}',
    ]


def test_two_predictions_that_would_be_one_file_are_refused(fails, seg, in_folders, tmp_path):
    line = fails(
        'test', *seg, '--work-dir', tmp_path / 'work', '--out', tmp_path / 'out', *in_folders
    )
    assert all(
        words in line for words in ('cats/01.jpg', 'dogs/01.jpg', 'both become 01.png', 'ann_file')
    )
    assert not list((tmp_path / 'out').glob('*'))


def test_two_images_of_one_name_can_be_tested(tool, seg, in_folders, tmp_path):
    done = tool('test', *seg, '--work-dir', tmp_path / 'work', *in_folders)
    assert done.code == 0, done.output


def test_predictions_alone_need_a_folder(fails, seg, tiny_config, trained):
    for arguments in (
        [*seg],
        [*seg, '--out', 'x', '--report', 'y.json'],
        [tiny_config, trained, '--out', 'x.pkl'],
    ):
        assert '--predict-only: saves predictions' in fails('test', *arguments, '--predict-only')


def test_one_run_at_a_time_writes_predictions(tool, fails, seg, tmp_path, monkeypatch):
    monkeypatch.setattr(locks, '_PATIENCE', 0.2)
    args = ['test', *seg, '--work-dir', tmp_path / 'work', '--out', tmp_path / 'out']
    with locks.hold_folder(tmp_path / 'out'):
        assert f'{tmp_path}/out: another run is at work there' in fails(*args)
    stale = tmp_path / 'out/.val_00000.png.abcdefgh.tmp'
    stale.write_bytes(b'half')
    assert not list((tmp_path / 'out').glob('*.png'))
    done = tool(*args)  # the lock file is there, and nobody holds it
    assert done.code == 0, done.output
    assert len(list((tmp_path / 'out').glob('*.png'))) == 4 and not stale.exists()
