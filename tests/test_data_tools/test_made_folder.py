import pytest

from ppl_mm.data_tools.made_folder import MadeFolder
from ppl_mm.errors import UserError


def make(root, **settings):
    return MadeFolder(root, 'made.json', settings, 'test data', parts=['masks'])


def test_a_folder_is_whole_only_after_its_block(tmp_path):
    folder = make(tmp_path / 'new', seed=1)
    assert not folder.was_finished
    with folder:
        assert not make(tmp_path / 'new', seed=1).was_finished
    assert make(tmp_path / 'new', seed=1).was_finished


def test_an_error_leaves_it_unfinished_and_unlocked(tmp_path):
    for kind in (KeyboardInterrupt, UserError, OSError):
        with pytest.raises(kind):
            with make(tmp_path, seed=1):
                raise kind
        assert not make(tmp_path, seed=1).was_finished
    with make(tmp_path, seed=1):
        pass


def test_the_message_names_the_settings_that_differ(tmp_path):
    with make(tmp_path, seed=1, size=2):
        pass
    with pytest.raises(UserError) as caught:
        make(tmp_path, seed=3, size=2)
    assert 'seed 1 there, 3 here' in str(caught.value)
    assert 'size' not in str(caught.value)


def test_two_runs_do_not_make_it_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr('ppl_mm.utils.locks._PATIENCE', 0.1)
    with make(tmp_path, seed=1):
        with pytest.raises(UserError, match='another run is at work'):
            with make(tmp_path, seed=1):
                pass


def test_temporaries_of_a_killed_run_go(tmp_path):
    (tmp_path / 'masks').mkdir(parents=True)
    with make(tmp_path / 'new', seed=1):
        pass
    stale = tmp_path / 'new/masks/.a.png.abcdefgh.tmp'
    stale.parent.mkdir()
    stale.touch()
    with make(tmp_path / 'new', seed=1):
        assert not stale.exists()
