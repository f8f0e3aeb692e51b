import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from studies.engine.command import run_command


def command(text):
    return [sys.executable, '-c', text]


def test_output_goes_to_the_log_and_the_status_comes_back(tmp_path):
    log = tmp_path / 'deep/one.log'
    assert run_command(command('print("out"); raise SystemExit(3)'), log, lambda _: None) == 3
    assert run_command(command('import sys; print("bad", file=sys.stderr)'), log, print) == 0
    lines = log.read_text().splitlines()
    assert [line for line in lines if not line.startswith('$ ')] == ['out', 'bad']


def test_a_command_imports_this_project_wherever_it_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('PYTHONPATH', raising=False)
    log = tmp_path / 'one.log'
    assert run_command(command('import studies.variants'), log, lambda _: None) == 0


def test_progress_is_shown_while_it_works(tmp_path):
    seen = []
    text = 'import time; print("\\rexport: 3/40, ETA: 3s", flush=True); time.sleep(1.5)'
    run_command(command(text), tmp_path / 'one.log', seen.append)
    assert seen[-1].text == '3/40'


def test_progress_of_an_earlier_try_does_not_count(tmp_path):
    log = tmp_path / 'one.log'
    log.write_text('export: 3/40\n')
    seen = []
    run_command(command('import time; time.sleep(0.8)'), log, seen.append)
    assert seen and set(seen) == {None}


def test_a_command_is_ended_by_an_interrupt(tmp_path):
    def stop(_):
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_command(command('import time; time.sleep(900)'), tmp_path / 'one.log', stop)
    assert time.monotonic() - start < 600


@pytest.mark.skipif(sys.platform != 'linux', reason='Linux ends children with their parent')
def test_a_command_ends_with_a_killed_parent(tmp_path):
    note = tmp_path / 'pid'
    child = f'import os, time; open({str(note)!r}, "w").write(str(os.getpid())); time.sleep(60)'
    parent = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from studies.engine.command import run_command
        run_command([sys.executable, '-c', {child!r}], Path({str(tmp_path / 'one.log')!r}), print)
    """)
    process = subprocess.Popen(
        command(parent), stdout=subprocess.DEVNULL, env=dict(os.environ, PYTHONPATH=os.getcwd())
    )
    until = time.monotonic() + 60
    while not (note.is_file() and note.read_text()) and time.monotonic() < until:
        time.sleep(0.2)
    pid = int(note.read_text())
    process.send_signal(signal.SIGKILL)
    process.wait()
    while Path(f'/proc/{pid}').exists() and time.monotonic() < until:
        time.sleep(0.2)
    assert not Path(f'/proc/{pid}').exists()
