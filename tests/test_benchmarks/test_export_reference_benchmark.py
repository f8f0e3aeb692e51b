import pytest


@pytest.mark.slow
def test_one_pass_is_faster_than_two(run_script):
    ratios = run_script('export_reference')['ratios']
    assert 1 < ratios['one_pass_over_without'] < ratios['two_passes_over_without']
