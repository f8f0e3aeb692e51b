import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_both_pipelines_are_measured(tmp_path):
    out = tmp_path / 'loading.json'
    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / 'benchmarks/data_loading.py'),
            '--quick',
            '--images',
            '4',
            '--rounds',
            '2',
            '--out',
            str(out),
        ],
        text=True,
        capture_output=True,
        check=True,
        timeout=300,
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
    )
    result = json.loads(done.stdout.splitlines()[-1])
    assert result == json.loads(out.read_text())
    assert set(result) == {'benchmark', 'ratios', 'figures', 'machine'}
    assert result['benchmark'] == 'data_loading'
    # A gross loss, such as a slow copy, and not the noise of a busy machine.
    assert result['ratios']['ours_over_mmpretrain'] > 0.6
    assert result['figures']['crop'] == 448
    assert 60 < result['figures']['kilobytes_an_image'] < 120
