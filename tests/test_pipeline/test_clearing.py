import pytest

from ppl_mm.errors import UserError
from ppl_mm.pipeline.clearing import find_written, remove

WRITTEN = (
    'last_checkpoint',
    'epoch_12.pth',
    'iter_8.pth',
    'best_cam_mIoU_epoch_3.pth',
    'cls.py',
    'log/cls.py',
    '20261126_235140/20261126_235140.log',
    '20261126_235140/vis_data/scalars.json',
    'log/20261126_235140/20261126_235140.json',
    'export.json',
    'labels/a.png',
    'labels/trip/b.png',
    'cams/trip/b.npz',
    'predictions/a.png',
    'predictions/.lock',
    'thresholds.jpg',
    '.negatives/export.json',
    '.negatives/cams/a.npz',
    '.negatives/.lock',
    '.negatives/log/cls.py',
    '.negatives/log/20261126_235140/20261126_235140.log',
    '.negatives/log/20261126_235140/vis_data/config.py',
    'scores.json',
    '.lock',
    '.export.json.a1b2c3d4.tmp',
    'labels/trip/.b.png.a_b2c3d4.tmp',
)
FOREIGN = (
    'notes.txt',
    'good.pth',
    'other.py',
    'labels/notes.txt',
    'labels/trip/mine.xcf',
    '20261126_235140/notes.txt',
    'backup/epoch_12.pth',
    'backup/export.json',
    '.negatives/notes.txt',
)


@pytest.fixture
def folder(tmp_path):
    """A folder that holds what the steps write."""
    folder = tmp_path / 'step'
    for name in WRITTEN:
        write(folder / name)
    return folder


def write(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(path.name)


def content(folder):
    return sorted(path.relative_to(folder) for path in folder.rglob('*'))


def clear(folder):
    remove(find_written(folder, ['cls.py']))


def test_what_the_steps_wrote_is_removed_with_the_folder(folder):
    clear(folder)
    assert not folder.exists() and folder.parent.exists()


def test_a_missing_folder_is_clear(tmp_path):
    clear(tmp_path / 'step')
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('name', FOREIGN)
def test_a_foreign_file_is_named_and_nothing_is_removed(folder, name):
    write(folder / name)
    before = content(folder)
    with pytest.raises(UserError, match=f'{folder / name}: the pipeline did not write it'):
        clear(folder)
    assert content(folder) == before


@pytest.mark.parametrize('name', ['.DS_Store', 'labels/.thumbnails/a.png'])
def test_hidden_files_stay(folder, name):
    write(folder / name)
    clear(folder)
    files = [path for path in folder.rglob('*') if path.is_file()]
    assert files == [folder / name]


@pytest.mark.parametrize('name', ['labels/c.png', 'labels/more', 'epoch_13.pth', 'cams2'])
@pytest.mark.parametrize('target', ['file', 'folder', 'nothing'])
def test_links_in_it_are_not_followed(folder, tmp_path, name, target):
    write(tmp_path / 'folder/labels/a.png')
    write(tmp_path / 'file')
    (folder / name).symlink_to(tmp_path / target)
    with pytest.raises(UserError, match='did not write it'):
        clear(folder)
    assert (tmp_path / 'folder/labels/a.png').exists() and (tmp_path / 'file').exists()


def test_a_link_to_a_folder_is_not_followed(folder, tmp_path):
    link = tmp_path / 'link'
    link.symlink_to(folder)
    before = content(folder)
    with pytest.raises(UserError, match='is a link, and the step starts anew'):
        clear(link)
    assert content(folder) == before and link.is_symlink()


def test_a_link_to_an_empty_folder_stays(tmp_path):
    (tmp_path / 'disk').mkdir()
    (tmp_path / 'link').symlink_to(tmp_path / 'disk')
    clear(tmp_path / 'link')
    assert (tmp_path / 'link').is_symlink() and (tmp_path / 'disk').is_dir()


@pytest.mark.slow
def test_all_that_real_steps_write_is_known(finished):
    _, work_dir, _ = finished
    configs = ('cls_cam.py', 'cls_progressive.py', 'seg.py', 'affinity.py')
    folders = [path for path in work_dir.iterdir() if path.is_dir()]
    steps = [path for path in folders if path.name not in ('logs', 'steps', 'gallery')]
    assert len(steps) > 8
    for folder in steps:
        every = {path for path in folder.rglob('*') if not path.name.startswith('.')}
        assert every <= set(find_written(folder, configs))
