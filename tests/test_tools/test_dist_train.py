import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

TOOLS = Path(__file__).parents[2] / 'tools'

MODULE = """
import torch
from mmengine.dist import get_rank, get_world_size
from mmengine.hooks import Hook
from mmengine.model import BaseModel, is_model_wrapper
from mmengine.registry import DATASETS, HOOKS, MODELS
from torch import nn


@DATASETS.register_module()
class ToyData(torch.utils.data.Dataset):
    metainfo = dict(classes=('cat',))

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return dict(inputs=torch.full((2,), float(index)))


@MODELS.register_module()
class ToyModel(BaseModel):

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 1)
        self.seen = []

    def forward(self, inputs, mode='tensor'):
        inputs = torch.stack(list(inputs))
        self.seen += inputs[:, 0].tolist()
        return dict(loss=self.linear(inputs).square().mean())


@HOOKS.register_module()
class SaveEveryRank(Hook):

    def after_train(self, runner):
        assert is_model_wrapper(runner.model)
        model = runner.model.module
        torch.save(
            dict(weight=model.linear.weight.detach(), seen=model.seen,
                 world=get_world_size()),
            f'{runner.work_dir}/rank_{get_rank()}.pth')
"""

CONFIG = """
custom_imports = dict(imports=['toy_module'])
default_scope = 'mmengine'
model = dict(type='ToyModel')
train_dataloader = dict(
    batch_size=2, num_workers=0, dataset=dict(type='ToyData'),
    sampler=dict(type='DefaultSampler', shuffle=False))
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.001))
train_cfg = dict(by_epoch=True, max_epochs=2)
custom_hooks = [dict(type='SaveEveryRank')]
"""


@pytest.fixture
def dist_train(tmp_path):
    """Runs dist_train.sh on CPUs with the given arguments."""

    def run(*args, **env):
        path = f'{tmp_path}:{os.environ.get("PYTHONPATH", "")}'
        return subprocess.run(
            ['bash', TOOLS / 'dist_train.sh', *args],
            cwd=tmp_path,
            env={
                **os.environ,
                'PYTHONPATH': path,
                'PYTHON': sys.executable,
                'CUDA_VISIBLE_DEVICES': '',
                **env,
            },
            capture_output=True,
            text=True,
            timeout=300,
        )

    (tmp_path / 'toy_module.py').write_text(MODULE)
    (tmp_path / 'config.py').write_text(CONFIG)
    return run


@pytest.mark.slow
def test_two_processes_train_one_model_on_cpu(dist_train, tmp_path):
    done = dist_train('config.py', '2', '--work-dir', 'out')
    assert done.returncode == 0, done.stderr
    ranks = [torch.load(tmp_path / f'out/rank_{rank}.pth') for rank in range(2)]
    assert [rank['world'] for rank in ranks] == [2, 2]
    assert torch.equal(ranks[0]['weight'], ranks[1]['weight'])
    assert set(ranks[0]['seen']) == {0, 2, 4, 6}
    assert set(ranks[1]['seen']) == {1, 3, 5, 7}
    assert (tmp_path / 'out/epoch_2.pth').is_file()


@pytest.mark.slow
def test_an_error_stays_one_line_and_keeps_its_status(dist_train):
    done = dist_train('missing.py', '1')
    assert done.returncode == 2
    assert 'error: missing.py' in done.stderr
    assert 'Traceback' not in done.stderr


@pytest.mark.slow
def test_port_is_taken_from_the_environment(dist_train):
    with socket.socket() as listener:  # the port is in use: it must fail
        listener.bind(('127.0.0.1', 0))
        listener.listen()
        port = listener.getsockname()[1]
        done = dist_train('config.py', '1', PORT=str(port))
    assert done.returncode != 0 and str(port) in done.stderr


@pytest.mark.parametrize(
    'script, count',
    [
        ('dist_train.sh', 1),
        ('dist_test.sh', 2),
        ('dist_export_cam.sh', 3),
        ('slurm_train.sh', 2),
        ('slurm_test.sh', 3),
    ],
)
def test_too_few_arguments_show_the_usage(script, count):
    done = subprocess.run(['bash', TOOLS / script, *'abc'[:count]], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith('usage: ')


def test_gpus_must_be_a_number():
    done = subprocess.run(
        ['bash', TOOLS / 'dist_train.sh', 'config.py', '--work-dir'], capture_output=True, text=True
    )
    assert done.returncode == 2 and "got '--work-dir'" in done.stderr


@pytest.mark.parametrize(
    'script, args', [('dist_train.sh', 'cfg.py 1'), ('slurm_train.sh', 'part job cfg.py')]
)
@pytest.mark.parametrize('elsewhere', ['.', 'other'])
def test_a_cdpath_does_not_move_the_tools(tmp_path, script, args, elsewhere):
    for folder in ('tools', 'other/tools'):
        (tmp_path / folder).mkdir(parents=True)
    for path in TOOLS.glob('*.sh'):
        (tmp_path / 'tools' / path.name).write_text(path.read_text())
    for name in ('srun', 'python'):  # either is what starts train.py
        command = tmp_path / name
        command.write_text('#!/bin/sh\necho "$@"\n')
        command.chmod(0o755)
    done = subprocess.run(
        ['bash', f'tools/{script}', *args.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            'CDPATH': elsewhere,
            'PORT': '29500',
            'PATH': f'{tmp_path}:{os.environ["PATH"]}',
        },
    )
    assert done.returncode == 0, done.stderr
    assert f' {tmp_path}/tools/train.py cfg.py ' in done.stdout
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    'script, args, expected',
    [
        ('slurm_train.sh', 'part job cfg.py --amp', 'train.py cfg.py --amp --launcher slurm'),
        ('slurm_test.sh', 'part job cfg.py a.pth', 'test.py cfg.py a.pth --launcher slurm'),
    ],
)
def test_slurm_scripts_hand_on_their_arguments(tmp_path, script, args, expected):
    srun = tmp_path / 'srun'
    srun.write_text('#!/bin/sh\necho "$@"\n')
    srun.chmod(0o755)
    done = subprocess.run(
        ['bash', TOOLS / script, *args.split()],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            'GPUS': '16',
            'GPUS_PER_NODE': '8',
            'PATH': f'{tmp_path}:{os.environ["PATH"]}',
        },
    )
    assert done.stdout.strip().endswith(expected)
    assert done.stdout.startswith(
        '-p part --job-name=job --gres=gpu:8 --ntasks=16 --ntasks-per-node=8'
    )
