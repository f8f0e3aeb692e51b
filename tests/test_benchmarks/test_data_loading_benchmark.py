import json

import pytest


@pytest.mark.slow
def test_both_pipelines_are_measured(run_script, tmp_path):
    out = tmp_path / 'loading.json'
    result = run_script('data_loading', '--images', 4, '--rounds', 2, '--out', out)
    assert result == json.loads(out.read_text())
    # A gross loss, such as a slow copy, and not the noise of a busy machine.
    assert result['ratios']['ours_over_mmpretrain'] > 0.6
    assert result['figures']['crop'] == 448
    assert 60 < result['figures']['kilobytes_an_image'] < 120
