import json

import pytest

from ppl_mm.errors import UserError
from studies.engine.merge import merge
from studies.engine.results import ResultsFile

CPU, GPU = (dict(processor='a CPU', gpu=gpu) for gpu in (None, 'a GPU'))


def write(path, *records):
    path.write_text(''.join(json.dumps(record) + '\n' for record in records))
    return path


def record(name, machine=CPU, **changes):
    return dict(id=f'voc6/{name}/screen/0', name=name, machine=machine, status='done') | changes


def test_known_runs_are_skipped(tmp_path):
    results = ResultsFile(tmp_path / 'results.jsonl')
    source = write(tmp_path / 'more.jsonl', record('plain'), record('ppl'))
    assert merge(source, results).added == ['voc6/plain/screen/0', 'voc6/ppl/screen/0']
    again = merge(write(source, record('plain'), record('more')), results)
    assert (again.added, again.known) == (['voc6/more/screen/0'], ['voc6/plain/screen/0'])
    assert [record['name'] for record in results.read()] == ['plain', 'ppl', 'more']


def test_another_machines_run_needs_another_file(tmp_path):
    results = ResultsFile(tmp_path / 'results.jsonl')
    merge(write(tmp_path / 'cpu.jsonl', record('plain')), results)
    merged = merge(
        write(tmp_path / 'gpu.jsonl', record('plain', GPU), record('more', GPU)), results
    )
    assert merged.elsewhere == ['voc6/plain/screen/0']
    assert 'voc6/plain/screen/0; give --results another file' in merged.lines()[-1]
    assert merged.added == ['voc6/more/screen/0']


def test_a_run_that_succeeds_later_takes_the_place_of_its_failure(tmp_path):
    results = ResultsFile(tmp_path / 'results.jsonl')
    failed = record('plain', status='failed', error='no memory', log_tail=[])
    source = write(tmp_path / 'more.jsonl', failed, failed, record('plain'))
    merged = merge(source, results)
    assert (len(merged.added), len(merged.known)) == (2, 1)
    assert results.latest()['voc6/plain/screen/0']['status'] == 'done'
    assert merge(source, results).added == []


def test_a_file_without_records_is_an_error(tmp_path):
    results = ResultsFile(tmp_path / 'results.jsonl')
    for path in (tmp_path / 'none.jsonl', write(tmp_path / 'empty.jsonl')):
        with pytest.raises(UserError, match=f'--merge {path}: no such file, or no record'):
            merge(path, results)
