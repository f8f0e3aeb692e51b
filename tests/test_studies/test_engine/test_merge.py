import json

import pytest

from ppl_mm.errors import UserError
from studies.engine.merge import merge
from studies.engine.old_records import upgrade
from studies.engine.results import ResultsFile

CPU, GPU = (dict(processor='a CPU', gpu=gpu) for gpu in (None, 'a GPU'))
# As the queue wrote it before 2026-11-27.
OLD = dict(
    id='voc6/taught_2_moving/screen/0',
    kind='taught',
    name='taught_2_moving',
    data='voc6',
    method='PL, taught',
    hypothesis='teachers teach',
    round='screen',
    seed=0,
    epochs=2,
    measured_part='even',
    config='configs/voc6/cls_cam_voc6.py',
    options={
        'model.neck': dict(type='ppl_mm.PatchLearning', position=10, grid=2, border='mixed'),
        'model.head.label_loss': dict(type='ppl_mm.LabelLoss'),
        'model.neck.moving': True,
    },
    test_options={'model.head.fusion': 'patches', 'tta_model.softmax': True},
    extra=dict(
        teacher=dict(
            config='c.py',
            kind='taught',
            options={
                'model.neck': dict(type='ppl_mm.PatchLearning', border='replicate'),
                'model.head.branch_loss': 0.5,
            },
            extra=dict(teacher=dict(config='c.py'), refine='confident_taught_voc6.py'),
        )
    ),
    settings_key='0',
    training_key='1',
    machine=CPU,
    status='done',
    settings=dict(model={}),
    commands=['python tools/train.py'],
    measured=dict(mIoU=0.5, confusion_matrix=[[1]]),
    curve=dict(threshold=[0.1] * 10),
)
VARIANTS = dict(imports=['studies.variants'], allow_failed_imports=False)


def write(path, *records):
    path.write_text(''.join(json.dumps(record) + '\n' for record in records))
    return path


def old(name, machine=CPU, **changes):
    return OLD | dict(id=f'voc6/{name}/screen/0', name=name, machine=machine) | changes


def test_an_old_record_gets_todays_names():
    new = upgrade(OLD)
    assert new['id'] == 'voc6/self_trained_2_moving/screen/0'
    assert (new['name'], new['kind']) == ('self_trained_2_moving', 'self_trained')
    assert new['method'] == 'PPL-ST'
    assert new['options'] == {
        'custom_imports': VARIANTS,
        'model.head.type': 'ppl_mm.SelfTrainedCAMHead',
        'model.neck': dict(type='ppl_mm.MixedPatchLearning', position=10, grid=2),
        'model.neck.type': 'ppl_mm.MovingMixedPatchLearning',
    }
    assert new['test_options'] == {'tta_model.softmax': True}
    previous = new['extra']['previous']
    assert previous['options'] == {
        'custom_imports': VARIANTS,
        'model.head.type': 'ppl_mm.BranchCAMHead',
        'model.head.branch_loss': 0.5,
        'model.neck': dict(type='ppl_mm.ReplicatePatchLearning'),
    }
    assert previous['extra']['refine'] == 'confident_self_trained_voc6.py'
    assert previous['extra']['previous'] == dict(config='c.py')
    assert new['measured'] == OLD['measured']
    assert not {'settings', 'commands', 'hypothesis', 'curve', 'settings_key'} & set(new)


def test_the_old_record_stays_and_the_new_one_is_not_changed_again():
    before = json.dumps(OLD)
    new = upgrade(OLD)
    assert json.dumps(OLD) == before
    assert upgrade(new) == new


def test_a_final_keeps_some_points_of_its_curve_and_a_pipeline_its_settings():
    assert upgrade(old('a', round='final'))['curve'] == dict(threshold=[0.1, 0.1])
    settings = dict(segmentation='seg.py')
    assert upgrade(old('a', kind='pipeline', settings=settings))['settings'] == settings


def test_known_runs_are_skipped(tmp_path):
    results = ResultsFile(tmp_path / 'results.jsonl')
    source = write(tmp_path / 'more.jsonl', old('plain'), old('taught'))
    assert merge(source, results).added == ['voc6/plain/screen/0', 'voc6/self_trained/screen/0']
    again = merge(write(source, old('plain'), old('more')), results)
    assert (again.added, again.known) == (['voc6/more/screen/0'], ['voc6/plain/screen/0'])
    assert [record['name'] for record in results.read()] == ['plain', 'self_trained', 'more']


def test_todays_records_are_merged_too(tmp_path):
    first, second = (ResultsFile(tmp_path / name) for name in ('a.jsonl', 'b.jsonl'))
    merge(write(tmp_path / 'old.jsonl', old('plain')), first)
    merge(first.path, second)
    assert first.read() == second.read()


def test_another_machines_run_needs_another_file(tmp_path):
    results = ResultsFile(tmp_path / 'results.jsonl')
    merge(write(tmp_path / 'cpu.jsonl', old('plain')), results)
    merged = merge(write(tmp_path / 'gpu.jsonl', old('plain', GPU), old('more', GPU)), results)
    assert merged.elsewhere == ['voc6/plain/screen/0']
    assert 'voc6/plain/screen/0; give --results another file' in merged.lines()[-1]
    assert merged.added == ['voc6/more/screen/0']


def test_a_run_that_succeeds_later_takes_the_place_of_its_failure(tmp_path):
    results = ResultsFile(tmp_path / 'results.jsonl')
    failed = old('plain', status='failed', error='no memory', log_tail=[])
    source = write(tmp_path / 'more.jsonl', failed, failed, old('plain'))
    merged = merge(source, results)
    assert (len(merged.added), len(merged.known)) == (2, 1)
    assert results.latest()['voc6/plain/screen/0']['status'] == 'done'
    assert merge(source, results).added == []


def test_a_file_without_records_is_an_error(tmp_path):
    results = ResultsFile(tmp_path / 'results.jsonl')
    for path in (tmp_path / 'none.jsonl', write(tmp_path / 'empty.jsonl')):
        with pytest.raises(UserError, match=f'--merge {path}: no such file, or no record'):
            merge(path, results)
