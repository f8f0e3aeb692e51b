import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from torch.distributed.elastic.multiprocessing.api import SignalException

from ppl_mm.utils.processes import launch

ROOT = Path(__file__).parents[3]
RANK = """
import os, sys, time
from mmengine.config import Config
from ppl_mm.utils.processes import distributed

distributed.setup(Config(), 'pytorch')
with open(os.path.join(sys.argv[1], 'rank_' + os.environ['RANK']), 'w') as file:
    file.write(str(os.getpid()))
time.sleep(600)
"""
FAILING = """
import os, sys, time
from ppl_mm.errors import UserError
from ppl_mm.utils.cli import run


def main():
    if sys.argv[1] in (os.environ['RANK'], 'both'):
        raise UserError('cat.jpg: is broken')
    time.sleep(600)


run(main)
"""


@pytest.mark.parametrize('number, status', [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_is_one_line_and_its_status(monkeypatch, capsys, number, status):

    def ended(args):
        raise SignalException('got a signal', number)

    monkeypatch.setattr(launch.torchrun, 'main', ended)
    assert launch.main([]) == status
    assert capsys.readouterr().err == (
        f'error: ended by {number.name}; a training continues with --resume\n'
    )


def start(script, ranks, *args):
    """Starts a script in processes, which have the environment of a rank."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    return subprocess.Popen(
        [
            sys.executable,
            '-m',
            'ppl_mm.utils.processes.launch',
            f'--nproc-per-node={ranks}',
            f'--master-port={port}',
            script,
            *args,
        ],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
    )


def wait_for(condition):
    end = time.monotonic() + 180
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)
    assert condition()


def pid_of(path):
    """The id of the process that wrote a file, once it is written."""
    wait_for(lambda: path.exists() and path.read_text())
    return int(path.read_text())


def is_alive(pid):
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except FileNotFoundError:
        return False


@pytest.fixture
def ranks(tmp_path):
    """Two ranks that sleep, as a training does after its setup: launcher and ids."""
    script = tmp_path / 'rank.py'
    script.write_text(RANK)
    launcher = start(script, 2, tmp_path)
    pids = []
    try:
        pids = [pid_of(tmp_path / f'rank_{rank}') for rank in range(2)]
        yield launcher, pids
    finally:
        for process in (launcher.pid, *pids):
            if is_alive(process):
                os.kill(process, signal.SIGKILL)
        launcher.communicate()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != 'linux', reason='needs prctl')
def test_ranks_end_with_a_launcher_that_is_killed(ranks):
    launcher, pids = ranks
    launcher.kill()
    wait_for(lambda: not any(map(is_alive, pids)))


@pytest.mark.slow
def test_a_rank_that_is_killed_ends_the_job_with_one_line(ranks):
    launcher, pids = ranks
    os.kill(pids[1], signal.SIGKILL)
    errors = launcher.communicate(timeout=120)[1]
    assert launcher.returncode == 137
    (line,) = (line for line in errors.splitlines() if line.startswith('error: '))
    assert 'process 1 was ended by SIGKILL' in line and '--resume' in line
    assert 'Traceback' not in errors
    wait_for(lambda: not any(map(is_alive, pids)))


@pytest.mark.slow
@pytest.mark.parametrize('who', ['0', '1', 'both'])
def test_what_a_rank_has_to_say_is_said_once(tmp_path, who):
    script = tmp_path / 'rank.py'
    script.write_text(FAILING)
    launcher = start(script, 2, who)
    errors = launcher.communicate(timeout=180)[1]
    assert launcher.returncode == 2
    assert [line for line in errors.splitlines() if line.startswith('error: ')] == [
        'error: cat.jpg: is broken'
    ]


@pytest.mark.slow
def test_sigterm_ends_the_processes_without_a_traceback(ranks):
    launcher, pids = ranks
    launcher.terminate()
    errors = launcher.communicate(timeout=120)[1]
    assert launcher.returncode == 143, errors
    assert errors.splitlines()[-1].startswith('error: ended by SIGTERM; ')
    assert 'Traceback' not in errors and not any(map(is_alive, pids))
