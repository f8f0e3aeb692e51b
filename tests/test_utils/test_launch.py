import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from torch.distributed.elastic.multiprocessing.api import SignalException

from ppl_mm.utils import launch

ROOT = Path(__file__).parents[2]
SLEEPER = """
import sys
import time

open(sys.argv[1], 'w').close()
time.sleep(600)
"""


@pytest.mark.parametrize('number, status', [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_is_one_line_and_its_status(monkeypatch, capsys, number, status):

    def ended(args):
        raise SignalException('got a signal', number)

    monkeypatch.setattr(launch.torchrun, 'main', ended)
    assert launch.main([]) == status
    assert capsys.readouterr().err == f'error: ended by {number.name}\n'


@pytest.mark.slow
def test_sigterm_ends_the_processes_without_a_traceback(tmp_path):
    (tmp_path / 'sleeper.py').write_text(SLEEPER)
    started = tmp_path / 'started'
    process = subprocess.Popen(
        [
            sys.executable,
            '-m',
            'ppl_mm.utils.launch',
            '--nproc-per-node=1',
            '--master-port=0',
            tmp_path / 'sleeper.py',
            started,
        ],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
    )
    try:
        end = time.monotonic() + 120
        while not started.exists() and time.monotonic() < end:
            time.sleep(0.1)
        process.terminate()
        errors = process.communicate(timeout=120)[1]
    finally:
        process.kill()
    assert process.returncode == 143, errors
    assert errors.splitlines()[-1] == 'error: ended by SIGTERM'
    assert 'Traceback' not in errors
