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


def test_temporaries_of_a_killed_run_go(tmp_path):
    stale = tmp_path / 'masks/.a.png.abcdefgh.tmp'
    with make(tmp_path, seed=1):
        pass
    stale.parent.mkdir()
    stale.touch()
    with make(tmp_path, seed=1):
        assert not stale.exists()
