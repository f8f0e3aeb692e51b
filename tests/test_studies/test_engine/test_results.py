import json

import pytest

from ppl_mm.errors import UserError
from studies.engine.results import ResultsFile


def test_results_file_repairs_a_torn_line(tmp_path):
    path = tmp_path / 'r.jsonl'
    results = ResultsFile(path)
    assert results.append(dict(id='a', status='done'))
    with open(path, 'ab') as file:
        file.write(b'{"id": "torn"')
    assert [record['id'] for record in results.read()] == ['a']
    assert results.append(dict(id='b', status='done'))
    assert not results.append(dict(id='b', status='done'))
    lines = path.read_text().splitlines()
    assert [json.loads(line)['id'] for line in lines] == ['a', 'b']


def test_results_file_names_a_broken_line(tmp_path):
    path = tmp_path / 'r.jsonl'
    path.write_text('{"id": "a", "status": "done"}\n{broken}\n')
    with pytest.raises(UserError, match='line 2'):
        ResultsFile(path).read()
