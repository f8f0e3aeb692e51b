import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(name, *arguments):
    """A script as a command: its worker processes import it again."""
    done = subprocess.run(
        [sys.executable, str(ROOT / f'benchmarks/{name}.py'), '--quick', *map(str, arguments)],
        text=True,
        capture_output=True,
        check=True,
        timeout=300,
    )
    result = json.loads(done.stdout.splitlines()[-1])
    assert set(result) == {'benchmark', 'ratios', 'figures', 'machine'}
    assert result['benchmark'] == name
    return result


@pytest.mark.slow
def test_pamr(tmp_path):
    out = tmp_path / 'pamr.json'
    result = run('pamr', '--cell', 1, 3, 90, 120, '--out', out)
    assert result == json.loads(out.read_text())
    ratios = result['ratios']
    assert ratios['max_difference'] < 1e-5
    assert ratios['unfold_over_ours_memory'] > 2
    assert ratios['unfold_over_ours_time'] > 1


@pytest.mark.slow
def test_dense_crf(tmp_path):
    out = tmp_path / 'crf.json'
    result = run('dense_crf', '--images', 2, '--out', out)
    assert result == json.loads(out.read_text())
    assert result['figures']['pool_labels_identical']
    ratios = result['ratios']
    # The pool's gain is no matter of a test on a machine that may be busy.
    assert ratios['one_process_over_pool'] > 0
    assert ratios['all_labels_over_own_labels'] > 1.5
    assert ratios['label_agreement'] >= 0.999
