import json

import pytest

from benchmarks import gallery as benchmark
from benchmarks.browser import start_browser
from ppl_mm.errors import UserError


@pytest.mark.slow
def test_it_ends_with_one_line_of_json(capsys, tmp_path):
    try:
        with start_browser():
            pass
    except UserError as error:
        pytest.skip(str(error))
    out = tmp_path / 'gallery.json'
    benchmark.main(['--quick', '--images', '20', '200', '--scroll', '1', '--out', str(out)])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result == json.loads(out.read_text())
    assert set(result) == {'benchmark', 'ratios', 'figures', 'machine'}
    assert result['benchmark'] == 'gallery'
    assert set(result['ratios']) == {
        'open_over_limit',
        'late_frames',
        'busy',
        'cards_over_images',
        'rerun_over_first',
    }
    assert set(result['figures']) == {'20', '200', 'draw'}
    assert 0 < result['ratios']['cards_over_images'] < 0.5
    assert result['ratios']['rerun_over_first'] < 1
    assert 0 < result['ratios']['busy'] < 1
