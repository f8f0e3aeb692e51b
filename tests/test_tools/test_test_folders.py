"""tools/test.py: images in folders, and predictions alone."""

import shutil

import pytest


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
