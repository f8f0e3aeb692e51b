import pytest

from ppl_mm.data_tools.made_folder import MadeFolder
from ppl_mm.errors import UserError


def make(root, **settings):
    return MadeFolder(root, 'made.json', settings, 'test data')


def test_a_folder_is_finished_only_when_it_says_so(tmp_path):
    folder = make(tmp_path / 'new', seed=1)
    assert not folder.was_finished
    folder.start()
    assert not make(tmp_path / 'new', seed=1).was_finished
    folder.finish()
    assert make(tmp_path / 'new', seed=1).was_finished


def test_the_message_names_the_settings_that_differ(tmp_path):
    make(tmp_path, seed=1, size=2).finish()
    with pytest.raises(UserError) as caught:
        make(tmp_path, seed=3, size=2)
    assert 'seed 1 there, 3 here' in str(caught.value)
    assert 'size' not in str(caught.value)
