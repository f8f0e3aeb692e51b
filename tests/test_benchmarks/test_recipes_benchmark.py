import json

import pytest
from mmengine.config import Config

from benchmarks import recipes
from ppl_mm.errors import UserError


def named(pattern):
    (path,) = recipes.chosen(pattern)
    return Config.fromfile(path)


def test_steps_that_cost_the_same_are_measured_once(monkeypatch):
    seen = []

    class Training:
        def __init__(self, cfg, device):
            self.model = self.neck = self

        def set_stage(self, position, grid):
            self.stage = position

        def measure(self, batch, size, steps):
            seen.append((self.stage, batch))
            return dict(batch=batch, seconds=self.stage)

    monkeypatch.setattr(recipes, 'Training', Training)
    known = {}
    rows = {
        name: recipes.measure(named(name), (64, 64), known, 1, 'cpu')
        for name in ('cls_progressive', 'cls_stage2', 'pl_*')
    }
    positions = [row['stage']['position'] for row in rows['cls_progressive']]
    assert len(set(positions)) == 3
    assert seen == [(position, batch) for position in positions for batch in (2, 8)]
    assert rows['cls_stage2'] == rows['cls_progressive'][1:2]
    assert rows['pl_*'] == rows['cls_progressive'][2:]


def test_other_borders_are_other_steps():
    """A self-trained stage mixes its patches."""
    self_trained, stage = (named(name) for name in ('ppl-self-trained_*', 'cls_stage2'))
    (cut,), (same,) = map(recipes.cuts_of, (self_trained, stage))
    assert cut == same
    assert recipes.key_of(self_trained, cut) != recipes.key_of(stage, cut)


def test_the_ratio_is_of_first_stage_and_plain():
    rows = {
        'cls_cam': [dict(all=dict(seconds=2.0))],
        'cls_progressive': [dict(all=dict(seconds=seconds)) for seconds in (3.0, 1.0, 1.0)],
    }
    assert recipes.ratios(rows) == dict(first_stage_over_plain_resnet38d=1.5)


@pytest.mark.slow
def test_the_command(run_script):
    result = run_script('recipes')
    ((row,),) = result['figures'].values()
    assert row['stage'] is None
    assert min(row[name]['seconds'] for name in ('each', 'all')) > 0
    assert (row['each']['batch'], row['all']['batch']) == (4, 16)


def test_what_the_file_has_is_not_measured_again(tmp_path, monkeypatch):
    monkeypatch.setattr(recipes, 'measure', lambda cfg, *_: [dict(all=dict(seconds=1.0))])
    out = tmp_path / 'recipes.json'
    (path,) = recipes.chosen(recipes.QUICK)
    recipes.main(['--quick', '--out', str(out)])
    monkeypatch.setattr(recipes, 'measure', None)
    before = out.read_text()
    recipes.main(['--quick', '--out', str(out)])
    assert out.read_text() == before
    assert list(json.loads(before)['figures']) == [path.stem]


def test_without_a_gpu_it_says_so(monkeypatch):
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    with pytest.raises(UserError, match='no GPU here; --quick'):
        recipes.main([])
