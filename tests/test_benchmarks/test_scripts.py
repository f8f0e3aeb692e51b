"""What scripts claim, in their quick runs."""

import pytest

from benchmarks import threshold_sweep


def test_the_threshold_sweep(run_here):
    result = run_here(threshold_sweep, '--quick', '--images', 2, '--size', 40, 50)
    assert result['ratios']['max_difference'] == 0
    assert result['ratios']['per_threshold_over_one_pass'] > 5
    assert result['figures']['mmseg_max_iou_difference'] < 1e-6


@pytest.mark.slow
def test_data_loading(run_script):
    result = run_script('data_loading', '--images', 4, '--rounds', 2)
    # A gross loss, such as a slow copy, and not the noise of a busy machine.
    assert result['ratios']['ours_over_mmpretrain'] > 0.6
    assert result['figures']['crop'] == 448
    assert 60 < result['figures']['kilobytes_an_image'] < 120


@pytest.mark.slow
def test_a_reference_in_an_export(run_script):
    ratios = run_script('export_reference')['ratios']
    assert len(ratios) == 3 and min(ratios.values()) > 0


@pytest.mark.slow
def test_memory_of_predictions_does_not_grow_with_the_number_of_images(run_script):
    result = run_script('predict', '--images', 150)
    assert result['figures']['images'] == 150
    assert result['ratios']['memory_last_over_first'] < 1.05
    assert result['ratios']['second_run_over_first'] < 0.5


@pytest.mark.slow
def test_tiles_change_little(run_script):
    figures = run_script('tiles')['figures']
    assert set(figures) == {'maps', 'logits', 'pamr'}
    assert all(one['other_label'] < 0.01 for one in figures.values())


@pytest.mark.slow
def test_pamr(run_script):
    ratios = run_script('pamr', '--cell', 1, 3, 90, 120)['ratios']
    assert ratios['max_difference'] < 1e-5
    assert ratios['unfold_over_ours_memory'] > 2
    assert ratios['unfold_over_ours_time'] > 1


@pytest.mark.slow
def test_dense_crf(run_script):
    result = run_script('dense_crf', '--images', 2)
    assert result['figures']['pool_labels_identical']
    ratios = result['ratios']
    # The pool's gain depends on how busy the machine is.
    assert ratios['one_process_over_pool'] > 0
    assert ratios['all_labels_over_own_labels'] > 1.5
    assert ratios['label_agreement'] >= 0.999
