import os
import signal
import subprocess
import sys
import time

import pytest

from ppl_mm.pipeline.process import last_useful_line, run_process
from ppl_mm.pipeline.progress import Progress


def run(code, log, show=lambda progress: None):
    return run_process([sys.executable, '-c', code], log, show)


def test_the_output_goes_to_the_log_and_progress_is_shown(tmp_path):
    shown = []
    status = run(
        'import sys, time\nprint("a: 1/3 images")\n'
        'sys.stderr.write("\\r[> ] 2/3, ETA:  4s")\ntime.sleep(1.2)',
        tmp_path / 'logs/x.log',
        shown.append,
    )
    assert status == 0
    assert Progress('2/3', 4.0) in shown
    assert 'a: 1/3 images' in (tmp_path / 'logs/x.log').read_text()


def test_logs_are_added_to_and_old_progress_is_not_shown(tmp_path):
    shown, log = [], tmp_path / 'x.log'
    run('print("a: 1/3 images")', log)
    run('import time; time.sleep(0.7)', log, shown.append)
    assert log.read_text().count('$ ') == 2
    assert set(shown) == {None}


@pytest.mark.parametrize(
    'code, status, line',
    [
        ('raise ValueError("no such thing")', 1, 'ValueError: no such thing'),
        (
            'import sys; print("error: a.png: broken", file=sys.stderr)\n'
            'print("and more"); sys.exit(2)',
            2,
            'a.png: broken',
        ),
        ('import sys; print("one\\ntwo\\n"); sys.exit(3)', 3, 'two'),
        ('import sys; sys.exit(4)', 4, 'it said nothing'),
        ('import os; os.kill(os.getpid(), 9)', -9, 'it said nothing'),
    ],
)
def test_failures(tmp_path, code, status, line):
    assert run(code, tmp_path / 'x.log') == status
    assert last_useful_line(tmp_path / 'x.log') == line


@pytest.mark.skipif(sys.platform != 'linux', reason='Linux can do it')
def test_it_does_not_outlive_a_killed_pipeline(tmp_path):
    child = (
        'import os, time\nopen("pid.tmp", "w").write(str(os.getpid()))\n'
        'os.rename("pid.tmp", "pid")\ntime.sleep(60)'
    )
    parent = subprocess.Popen(
        [
            sys.executable,
            '-c',
            (
                'import sys\nfrom pathlib import Path\n'
                'from ppl_mm.pipeline.process import run_process\n'
                f'run_process([sys.executable, "-c", {child!r}], Path("x.log"), '
                'lambda progress: None)'
            ),
        ],
        cwd=tmp_path,
    )
    wait_for(lambda: (tmp_path / 'pid').exists())
    pid = int((tmp_path / 'pid').read_text())
    parent.kill()
    parent.wait()
    wait_for(lambda: not is_running(pid))


def test_an_interrupted_pipeline_ends_its_process(tmp_path):
    def stop(progress):
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run('import time; time.sleep(60)', tmp_path / 'x.log', stop)
    assert time.monotonic() - start < 30


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid):
    try:
        os.kill(pid, signal.SIG_DFL)
        with open(f'/proc/{pid}/stat') as file:
            return file.read().split()[2] != 'Z'
    except (ProcessLookupError, FileNotFoundError):
        return False
