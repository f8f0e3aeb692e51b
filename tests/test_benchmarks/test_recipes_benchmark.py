import json
import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.config import Config

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='module')
def benchmark():
    from benchmarks import recipes

    return recipes


def named(benchmark, pattern):
    (path,) = benchmark.chosen(pattern)
    return Config.fromfile(path)


def test_steps_that_cost_the_same_are_measured_once(benchmark, monkeypatch):
    seen = []

    class Training:
        def __init__(self, cfg, device):
            self.model = self.neck = self

        def set_stage(self, position, grid):
            self.stage = position

        def measure(self, batch, size, steps):
            seen.append((self.stage, batch))
            return dict(batch=batch, seconds=self.stage)

    monkeypatch.setattr(benchmark, 'Training', Training)
    known = {}
    rows = {
        name: benchmark.measure(named(benchmark, name), (64, 64), known, 1, 'cpu')
        for name in ('cls_progressive', 'cls_stage2', 'pl_*')
    }
    positions = [row['stage']['position'] for row in rows['cls_progressive']]
    assert len(set(positions)) == 3
    assert seen == [(position, batch) for position in positions for batch in (2, 8)]
    assert rows['cls_stage2'] == rows['cls_progressive'][1:2]
    assert rows['pl_*'] == rows['cls_progressive'][2:]


def test_other_borders_are_other_steps(benchmark):
    """A self-trained stage mixes its patches."""
    self_trained, stage = (named(benchmark, name) for name in ('ppl-self-trained_*', 'cls_stage2'))
    (cut,), (same,) = map(benchmark.cuts_of, (self_trained, stage))
    assert cut == same
    assert benchmark.key_of(self_trained, cut) != benchmark.key_of(stage, cut)


def test_the_ratio_is_of_first_stage_and_plain(benchmark):
    rows = {
        'cls_cam': [dict(all=dict(seconds=2.0))],
        'cls_progressive': [dict(all=dict(seconds=seconds)) for seconds in (3.0, 1.0, 1.0)],
    }
    assert benchmark.ratios(rows) == dict(first_stage_over_plain_resnet38d=1.5)


@pytest.mark.slow
def test_the_command(tmp_path):
    out = tmp_path / 'recipes.json'
    command = [sys.executable, str(ROOT / 'benchmarks/recipes.py'), '--quick', '--out', str(out)]
    done = subprocess.run(command, text=True, capture_output=True, check=True, timeout=300)
    result = json.loads(done.stdout.splitlines()[-1])
    assert set(result) == {'benchmark', 'ratios', 'figures', 'machine'}
    assert result == json.loads(out.read_text())
    ((row,),) = result['figures'].values()
    assert row['stage'] is None
    assert min(row[name]['seconds'] for name in ('each', 'all')) > 0
    assert (row['each']['batch'], row['all']['batch']) == (4, 16)


def test_without_a_gpu_it_says_so(benchmark, monkeypatch):
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    monkeypatch.setattr('sys.argv', ['recipes.py'])
    with pytest.raises(SystemExit, match='no GPU here; --quick'):
        benchmark.main()
