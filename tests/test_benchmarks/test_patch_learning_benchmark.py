import pytest

from benchmarks import patch_learning


def test_one_patch_costs_no_more_flops_than_the_tail_again():
    plain = patch_learning.count_flops('resnet50', 0, None)
    early = patch_learning.count_flops('resnet50', 3, 1)
    late = patch_learning.count_flops('resnet50', 13, 1)
    assert plain < late < early < 2.1 * plain


@pytest.mark.slow
def test_the_ratios_are_those_of_the_worst_cell(run_script):
    result = run_script('patch_learning')
    rows = [row for row in result['figures']['rows'] if row['backbone'] == 'resnet50']
    assert len(rows) == 6
    assert set(result['ratios']) == {'step_over_plain', 'step_over_flop_floor', 'loop_over_folded'}
    worst = max(row['step_over_flop_floor'] for row in rows)
    assert result['ratios']['step_over_flop_floor'] == pytest.approx(worst, abs=1e-3)
