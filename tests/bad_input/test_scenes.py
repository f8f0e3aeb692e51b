"""Every command succeeds on the good files."""

import pytest
from bad_input.scenes import SCENES


# A file of MXNet is written where its converter is tested.
@pytest.mark.parametrize('name', sorted(SCENES.keys() - {'resnet38d_from_mxnet'}))
def test_a_scene_is_good(play, name):
    done = play(name)
    assert done.code == 0, done.output
    assert not done.errors, done.output
