from benchmarks import random_walk as benchmark


def test_both_walks_are_the_same(run_here, monkeypatch):
    monkeypatch.setattr(
        benchmark,
        'measure',
        lambda name, *args: benchmark.measure_here(benchmark.WALKS[name], *args),
    )
    result = run_here(benchmark, '--sizes', 10, 16, '--cells', 20, '--repeats', 1)
    assert set(result['ratios']) == {
        'dense_over_matrix_free_time',
        'dense_over_matrix_free_memory',
        'max_relative_error',
    }
    assert 0 < result['ratios']['max_relative_error'] < 1e-5
    assert [one['cells'] for one in result['figures']['matrix_free']] == [10, 16, 20]


def test_a_process_of_its_own_measures():
    one = benchmark.measure('dense', 24, 1)
    assert one['cells'] == 24 and one['seconds'] > 0
    assert one['bytes'] > 576 * 576 * 4  # a matrix at least
