import pytest


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_images(run_script):
    result = run_script('predict', '--images', 150)
    assert result['figures']['images'] == 150
    assert result['ratios']['memory_last_over_first'] < 1.05
    assert result['ratios']['second_run_over_first'] < 0.5
