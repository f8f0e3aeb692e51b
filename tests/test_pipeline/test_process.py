import os
import sys
from types import SimpleNamespace

import pytest

from ppl_mm.pipeline import process
from ppl_mm.pipeline.process import last_useful_line, run_process, warnings_of


def run(code, log, show=lambda progress: None):
    script = log.with_suffix('.py')
    script.parent.mkdir(exist_ok=True)
    script.write_text(code)
    return run_process([sys.executable, str(script)], log, show)


def test_the_output_goes_to_the_log_and_progress_is_shown(tmp_path):
    shown = []
    status = run(
        'import sys, time\nprint("a: 1/3 images")\n'
        'sys.stderr.write("\\r[> ] 2/3, ETA:  4s")\ntime.sleep(1.2)',
        tmp_path / 'logs/x.log',
        shown.append,
    )
    assert status == 0
    found = [one for one in shown if one and one.text == '2/3']
    assert found and all(0 <= one.seconds_left <= 4 for one in found)
    assert 'a: 1/3 images' in (tmp_path / 'logs/x.log').read_text()


def test_the_time_left_falls_while_nothing_is_printed(tmp_path, monkeypatch):
    clock, log = SimpleNamespace(monotonic=lambda: 100.0), tmp_path / 'x.log'
    monkeypatch.setattr(process, 'time', clock)
    log.write_text('of another run: 1/2, ETA: 9s\n')
    reader = process.LogReader(log)
    assert reader.read() is None
    with open(log, 'a') as file:
        file.write('\r[> ] 2/3, ETA:  4s')
    assert reader.read().seconds_left == 4
    clock.monotonic = lambda: 101.5
    assert reader.read().seconds_left == 2.5
    clock.monotonic = lambda: 200.0
    assert reader.read().seconds_left == 0


def test_logs_are_added_to_and_old_progress_is_not_shown(tmp_path):
    shown, log = [], tmp_path / 'x.log'
    run('print("a: 1/3 images")', log)
    run('import time; time.sleep(0.7)', log, shown.append)
    assert log.read_text().count('$ ') == 2
    assert set(shown) == {None}


@pytest.mark.parametrize(
    'text, line',
    [
        (
            'Traceback (most recent call last):\nValueError: no such thing',
            'ValueError: no such thing',
        ),
        ('error: a.png: broken\nand more', 'a.png: broken'),
        ('one\ntwo\n', 'two'),
        ('$ python x.py\n', 'no output'),
    ],
)
def test_what_a_user_should_read_first(tmp_path, text, line):
    (tmp_path / 'x.log').write_text(text)
    assert last_useful_line(tmp_path / 'x.log') == line


@pytest.mark.parametrize(
    'code, status', [('import sys; sys.exit(4)', 4), ('import os; os.kill(os.getpid(), 9)', -9)]
)
def test_the_status_says_how_it_ended(tmp_path, code, status):
    assert run(code, tmp_path / 'x.log') == status


def test_warnings_of_this_run_are_found(tmp_path):
    log = tmp_path / 'x.log'
    run('print("warning: of another run")', log)
    begin = log.stat().st_size
    run('print("warning: 3 labels")\nprint("no warning: at all")\nprint("warning: 3 labels")', log)
    assert warnings_of(log, begin) == ['warning: 3 labels']


def test_an_interrupted_pipeline_ends_its_process(tmp_path):
    def stop(progress):
        if pid_file.exists():
            raise KeyboardInterrupt

    pid_file = tmp_path / 'pid'
    code = (
        'import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n'
        f'open({str(pid_file)!r} + "~", "w").write(str(os.getpid()))\n'
        f'os.rename({str(pid_file)!r} + "~", {str(pid_file)!r})\ntime.sleep(600)'
    )
    with pytest.raises(KeyboardInterrupt):
        run(code, tmp_path / 'x.log', stop)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
