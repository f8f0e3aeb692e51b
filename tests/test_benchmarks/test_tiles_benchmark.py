import pytest


@pytest.mark.slow
def test_tiles_change_little(run_script):
    figures = run_script('tiles')['figures']
    assert set(figures) == {'maps', 'logits', 'pamr'}
    assert all(one['other_label'] < 0.01 for one in figures.values())
