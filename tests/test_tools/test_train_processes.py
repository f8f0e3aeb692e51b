"""tools/train.py in two processes."""

import os
import sys
from pathlib import Path

import pytest
from forked_commands import run_ranks
from networks import same
from test_tools.trained_files import RANK_HOOK, RUNS, load

TOOLS = Path(__file__).parents[2] / 'tools'


@pytest.mark.slow
@pytest.mark.parametrize('run', RUNS)
def test_two_processes_end_with_equal_weights(tiny_config, tmp_path, run):
    (tmp_path / 'rank_hook.py').write_text(RANK_HOOK)
    config = tmp_path / 'config.py'
    config.write_text(
        f"_base_ = '{tiny_config}'\n"
        "custom_imports = dict(imports=['rank_hook'])\n"
        "custom_hooks = [dict(type='SaveEveryRank')]\n"
        'train_dataloader = dict(batch_size=2)\n'
        f'{RUNS[run]}'
    )
    command = [sys.executable, TOOLS / 'train.py', config, '--work-dir', tmp_path / 'work']
    run_ranks(command, 2, dict(os.environ, PYTHONPATH=str(tmp_path)), cwd=tmp_path)
    one, two = (load(tmp_path / f'work/rank_{rank}.pth') for rank in (0, 1))
    assert same(one, two) and one['stage'].tolist() == [6, 1, 3]
