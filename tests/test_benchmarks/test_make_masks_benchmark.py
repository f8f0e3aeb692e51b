import pytest

from benchmarks.make_masks import guessed_seconds


def test_the_guess_is_read_from_what_the_command_prints():
    assert guessed_seconds('x\nabout 1:02:03 in all, a first guess\ny') == 3723
    assert guessed_seconds('all 8 steps are finished') == 0


@pytest.mark.slow
def test_all_steps_are_timed_and_the_second_run_does_nothing(run_script, tmp_path):
    result = run_script('make_masks', '--dir', tmp_path / 'kept')
    steps = result['figures']['seconds_of_steps']
    assert next(iter(steps)) == 'train_cam' and list(steps)[-1] == 'gallery'
    assert sum(steps.values()) < result['figures']['seconds']
    assert result['ratios']['second_run_over_first'] < 0.7
    assert len(list((tmp_path / 'kept/made/masks').rglob('*.png'))) == 16
