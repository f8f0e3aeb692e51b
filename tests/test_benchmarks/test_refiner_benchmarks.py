import json

import pytest


@pytest.mark.slow
def test_pamr(run_script, tmp_path):
    out = tmp_path / 'pamr.json'
    result = run_script('pamr', '--cell', 1, 3, 90, 120, '--out', out)
    assert result == json.loads(out.read_text())
    ratios = result['ratios']
    assert ratios['max_difference'] < 1e-5
    assert ratios['unfold_over_ours_memory'] > 2
    assert ratios['unfold_over_ours_time'] > 1


@pytest.mark.slow
def test_dense_crf(run_script, tmp_path):
    out = tmp_path / 'crf.json'
    result = run_script('dense_crf', '--images', 2, '--out', out)
    assert result == json.loads(out.read_text())
    assert result['figures']['pool_labels_identical']
    ratios = result['ratios']
    # The pool's gain depends on how busy the machine is.
    assert ratios['one_process_over_pool'] > 0
    assert ratios['all_labels_over_own_labels'] > 1.5
    assert ratios['label_agreement'] >= 0.999
