import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from test_tools.trained_files import load

TOOLS = Path(__file__).parents[2] / 'tools'


@pytest.fixture
def dist_train(tmp_path):
    """Runs dist_train.sh on CPUs with the given arguments."""

    def run(*args, **env):
        return subprocess.run(
            ['bash', TOOLS / 'dist_train.sh', *args],
            cwd=tmp_path,
            env={**os.environ, 'PYTHON': sys.executable, 'CUDA_VISIBLE_DEVICES': '', **env},
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run


@pytest.mark.slow
def test_a_run_of_two_processes_continues_in_one(dist_train, train, tiny_config, tmp_path):
    """Its schedule ends at zero, as that of a run that was always one process."""
    (tmp_path / 'config.py').write_text(
        f"_base_ = '{tiny_config}'\n"
        'train_dataloader = dict(batch_size=2)\n'
        'train_cfg = dict(max_epochs=4, val_interval=9)\n'
    )
    epochs = ['--cfg-options', 'train_cfg.max_epochs=2']
    done = dist_train('config.py', '2', '--work-dir', 'work', *epochs)
    assert done.returncode == 0, done.stderr
    assert load(tmp_path / 'work/epoch_2.pth')['meta']['iter'] == 4
    alone = ['train_dataloader.batch_size=2', 'train_cfg.max_epochs=4']
    assert train('--resume', '--cfg-options', *alone).code == 0
    saved = load(tmp_path / 'work/epoch_4.pth')
    assert saved['meta']['iter'] == 16  # four an epoch
    assert saved['optimizer']['param_groups'][0]['lr'] == pytest.approx(0, abs=1e-9)
    schedule = saved['param_schedulers'][0]
    assert (schedule['last_step'], schedule['end']) == (15, 16)


@pytest.mark.slow
def test_an_error_stays_one_line_and_keeps_its_status(dist_train):
    done = dist_train('missing.py', '1')
    assert done.returncode == 2
    assert 'error: missing.py' in done.stderr
    assert 'Traceback' not in done.stderr


@pytest.mark.slow
def test_port_is_taken_from_the_environment(dist_train, tiny_config):
    with socket.socket() as listener:  # the port is in use: it must fail
        listener.bind(('127.0.0.1', 0))
        listener.listen()
        port = listener.getsockname()[1]
        done = dist_train(tiny_config, '1', PORT=str(port))
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
