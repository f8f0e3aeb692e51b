import json

from benchmarks import threshold_sweep


def test_it_ends_with_one_line_of_json(capsys, tmp_path):
    threshold_sweep.main(
        ['--quick', '--images', '2', '--size', '40', '50', '--out', str(tmp_path / 'sweep.json')]
    )
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result == json.loads((tmp_path / 'sweep.json').read_text())
    assert set(result) == {'benchmark', 'ratios', 'figures', 'machine'}
    assert result['benchmark'] == 'threshold_sweep'
    assert result['ratios']['max_difference'] == 0
    assert result['ratios']['per_threshold_over_one_pass'] > 5
    assert result['figures']['mmseg_max_iou_difference'] < 1e-6
