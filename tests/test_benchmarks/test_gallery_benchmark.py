import pytest

from benchmarks import gallery as benchmark
from benchmarks.browser import start_browser
from ppl_mm.errors import UserError


@pytest.mark.slow
def test_few_of_the_images_are_in_the_page(run_here):
    try:
        with start_browser():
            pass
    except UserError as error:
        pytest.skip(str(error))
    result = run_here(benchmark, '--quick', '--images', 20, 200, '--scroll', 1)
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
