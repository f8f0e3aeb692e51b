import json
import sys
from pathlib import Path

import forked_commands
import pytest

from ppl_mm.errors import UserError
from studies.ppl.cli import main

ROOT = Path(__file__).parents[3]


def test_command_prints_one_line_of_json(records, tmp_path, capsys):
    results = tmp_path / 'study.jsonl'
    results.write_text(''.join(json.dumps(one) + '\n' for one in records))
    assert main(['--report', '--results', str(results)]) == 0
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(line) == {'benchmark', 'ratios', 'figures', 'machine'}
    assert line['benchmark'] == 'study'
    assert set(line['ratios']) == {
        'seed_miou_gain',
        'seed_miou_gain_each',
        'val_seed_miou_gain_each',
        'gain_over_equal_cost_plain',
        'pseudo_over_plain_seed',
        'weak_over_full_supervision',
    }
    assert (tmp_path / 'study.md').is_file()


def test_no_results(tmp_path):
    with pytest.raises(UserError, match='no result yet'):
        main(['--report', '--results', str(tmp_path / 'none.jsonl')])


@pytest.mark.slow
def test_quick(tmp_path):
    command = [sys.executable, ROOT / 'benchmarks/study.py', '--quick']
    done = forked_commands.run(command, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    line = json.loads(done.stdout.splitlines()[-1])
    assert line['benchmark'] == 'study'
    assert line['figures']['runs'] == 2 and line['figures']['failed'] == 0
    assert line['figures']['best']['name'] == 'pl'
    (gain,) = line['ratios']['seed_miou_gain_each']
    assert -1 < gain < 1
