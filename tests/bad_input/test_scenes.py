"""Every command succeeds on the good files."""

import pytest
from bad_input.scenes import SCENES


@pytest.mark.parametrize('name', SCENES)
def test_a_scene_is_good(play, name):
    done = play(name)
    assert done.code == 0, done.output
    assert not done.errors, done.output
