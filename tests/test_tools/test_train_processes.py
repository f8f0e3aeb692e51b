"""tools/train.py in two processes, and in one again."""

import os
import sys
from pathlib import Path

import pytest
from forked_commands import run_ranks
from test_tools.trained_files import RUNS, load, same

TOOLS = Path(__file__).parents[2] / 'tools'

RANK_HOOK = """
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS


@HOOKS.register_module()
class SaveEveryRank(Hook):

    def after_train(self, runner):
        model = runner.model.module  # norms keep statistics of their own
        weights = dict(model.named_parameters(), stage=model.neck.stage)
        torch.save(weights, f'{runner.work_dir}/rank_{get_rank()}.pth')
"""
ONE_PROCESS = ['train_dataloader.batch_size=2', 'train_cfg.max_epochs=4']


def run_on_two_cpus(config, work_dir, *args):
    command = [sys.executable, TOOLS / 'train.py', config, '--work-dir', work_dir, *args]
    run_ranks(command, 2, dict(os.environ, PYTHONPATH=str(config.parent)), cwd=config.parent)


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
    run_on_two_cpus(config, tmp_path / 'work')
    one, two = (load(tmp_path / f'work/rank_{rank}.pth') for rank in (0, 1))
    assert same(one, two) and one['stage'].tolist() == [6, 1, 3]


@pytest.mark.slow
def test_a_run_of_two_processes_continues_in_one(tiny_config, train, tmp_path):
    """Its schedule ends at zero, as that of a run that was always one process."""
    config = tmp_path / 'config.py'
    config.write_text(
        f"_base_ = '{tiny_config}'\n"
        'train_dataloader = dict(batch_size=2)\n'
        'train_cfg = dict(max_epochs=4, val_interval=9)\n'
    )
    run_on_two_cpus(config, tmp_path / 'work', '--cfg-options', 'train_cfg.max_epochs=2')
    assert load(tmp_path / 'work/epoch_2.pth')['meta']['iter'] == 4
    assert train('--resume', '--cfg-options', *ONE_PROCESS, work_dir='work').code == 0
    saved = load(tmp_path / 'work/epoch_4.pth')
    assert saved['meta']['iter'] == 16  # four an epoch
    assert saved['optimizer']['param_groups'][0]['lr'] == pytest.approx(0, abs=1e-9)
    schedule = saved['param_schedulers'][0]
    assert (schedule['last_step'], schedule['end']) == (15, 16)
