import pytest


@pytest.mark.slow
def test_both_ways_are_timed(run_script):
    ratios = run_script('export_reference')['ratios']
    assert ratios['one_pass_over_without'] > 0 < ratios['two_passes_over_without']
