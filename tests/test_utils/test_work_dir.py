import locale
import sys

import pytest
import torch
from mmengine.config import Config

from ppl_mm.errors import UserError
from ppl_mm.utils.locks import lock_folder
from ppl_mm.utils.work_dir import (
    check_name,
    check_own_config,
    hold_work_dir,
    remove_old_run,
    set_start,
)


@pytest.fixture
def cfg(tmp_path):
    """Makes the config of a training in a folder with these checkpoints."""

    def make(*names, **settings):
        for name in names:
            torch.save(dict(w=torch.ones(1)), tmp_path / name)
        return Config(dict(work_dir=str(tmp_path), **settings))

    return make


def test_a_new_run_does_not_take_the_folder_of_another(cfg, tmp_path):
    with pytest.raises(UserError) as error:
        set_start(cfg('epoch_1.pth', 'epoch_2.pth'))
    line = str(error.value)
    assert str(tmp_path) in line and 'epoch_2.pth' in line
    assert all(way in line for way in ('--resume', '--work-dir', '--overwrite'))


@pytest.mark.parametrize('settings', [{}, dict(resume=True), dict(load_from=None, resume=False)])
def test_an_empty_folder_is_a_fresh_start(cfg, settings):
    config = cfg(**settings)
    set_start(config, 'auto')
    assert config.resume is False and not config.get('load_from')


@pytest.mark.parametrize('overwrite', [False, True])
def test_a_folder_where_the_note_of_checkpoints_belongs_is_refused(cfg, tmp_path, overwrite):
    (tmp_path / 'last_checkpoint').mkdir()
    with pytest.raises(UserError, match='last_checkpoint: is a folder, but .*; move it away'):
        set_start(cfg(), overwrite=overwrite)


@pytest.mark.parametrize('by', ['option', 'config'])
def test_resuming_takes_the_latest_checkpoint(cfg, tmp_path, by):
    config = cfg('iter_10.pth', 'iter_9.pth', resume=by == 'config')
    set_start(config, 'auto' if by == 'option' else None)
    assert config.resume and config.load_from == str(tmp_path / 'iter_10.pth')


def test_resuming_from_a_checkpoint_that_is_named(cfg, tmp_path):
    config = cfg('epoch_1.pth', 'epoch_2.pth')
    set_start(config, str(tmp_path / 'epoch_1.pth'))
    assert config.resume and config.load_from == str(tmp_path / 'epoch_1.pth')
    with pytest.raises(UserError, match='no checkpoint'):
        set_start(config, 'none.pth')


def test_a_run_that_is_replaced_leaves_what_is_not_its_own(cfg, tmp_path):
    config = cfg('epoch_1.pth', 'epoch_2.pth', 'mine.pth')
    outside = tmp_path / 'outside.pth'
    outside.write_bytes(b'precious')
    (tmp_path / 'epoch_3.pth').symlink_to(outside)
    (tmp_path / 'last_checkpoint').write_text('epoch_2.pth')
    config.load_from = str(tmp_path / 'epoch_1.pth')
    set_start(config, overwrite=True)
    remove_old_run(config)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        'epoch_1.pth',
        'mine.pth',
        'outside.pth',
    ]
    assert outside.read_bytes() == b'precious'


def test_a_folder_is_held_by_one_run_and_cleared_of_what_a_killed_one_left(cfg, tmp_path):
    config = cfg()
    stale = tmp_path / '.epoch_3.pth.abcdefgh.tmp'
    stale.write_bytes(b'half')
    with hold_work_dir(config):
        assert not stale.exists()
        with pytest.raises(UserError, match='another run is at work there'):
            lock_folder(tmp_path, patience=0)
    with hold_work_dir(config):
        pass


def test_a_run_that_waited_for_another_does_not_take_its_folder(cfg):
    config = cfg()
    set_start(config)
    cfg('epoch_1.pth')  # what the other run has made meanwhile
    with pytest.raises(UserError, match=r'holds a training \(epoch_1\.pth\)'):
        with hold_work_dir(config):
            pass
    with hold_work_dir(config, overwrite=True):
        pass


def test_a_folder_of_damaged_checkpoints_cannot_be_resumed(cfg, tmp_path):
    config = cfg('epoch_1.pth')
    (tmp_path / 'epoch_1.pth').write_bytes((tmp_path / 'epoch_1.pth').read_bytes()[:-9])
    with pytest.raises(UserError, match=r'\(epoch_1\.pth\); it is damaged; start anew in another'):
        set_start(config, 'auto')


def test_the_users_config_is_not_replaced_by_its_copy(tmp_path):
    path = tmp_path / 'mine.py'
    path.write_text('a = 1  # mine')
    cfg = Config.fromfile(path)
    for folder in (tmp_path, tmp_path / 'work/..'):
        cfg.work_dir = str(folder)
        (tmp_path / 'work').mkdir(exist_ok=True)
        with pytest.raises(UserError, match=r'is the folder of mine\.py; give another --work-dir'):
            check_own_config(cfg)
    cfg.work_dir = str(tmp_path / 'work')
    check_own_config(cfg)
    # A run has made this one.
    (tmp_path / '20261127_120000').mkdir()
    (tmp_path / '20261127_120000/20261127_120000.log').touch()
    cfg.work_dir = str(tmp_path)
    check_own_config(cfg)


@pytest.mark.parametrize(
    'encoding, said', [('ascii', 'PYTHONUTF8=1'), ('utf-8', 'not valid UTF-8')]
)
def test_a_folder_that_mmengine_cannot_note(tmp_path, monkeypatch, encoding, said):
    """It would end a training at its first checkpoint."""
    monkeypatch.setattr(locale, 'getpreferredencoding', lambda setlocale: encoding)
    monkeypatch.setattr(sys, 'getfilesystemencoding', lambda: encoding)
    check_name(tmp_path / 'plain')
    monkeypatch.chdir(tmp_path)
    for folder in ('caf\udce9', tmp_path / 'caf\udce9/work'):
        with pytest.raises(UserError, match=said):
            check_name(folder)
