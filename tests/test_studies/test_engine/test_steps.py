import json
import sys

import pytest

from studies.engine.steps import StepFailed, Steps


def command(text):
    return [sys.executable, '-c', text]


def test_step_is_done_once_and_measured(tmp_path):
    steps = Steps(tmp_path, lambda *_: None)
    text = 'import time; x = bytearray(80_000_000); print("ran"); time.sleep(1.2)'
    record = steps.run('one', command(text))
    assert record['seconds'] > 1.2 and record['tries'] == 1
    assert record['peak_memory'] > 80_000_000
    assert steps.run('one', command('raise')) == record
    log = (tmp_path / 'logs/one.log').read_text()
    assert log.splitlines().count('ran') == 1


def test_interrupted_step_resumes_and_adds_up_its_time(tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    text = 'import sys, time\nif sys.argv[1:] != ["--resume"]: time.sleep(60)'
    with pytest.raises(KeyboardInterrupt):
        Steps(tmp_path, stop).run('one', command(text), ('--resume',))
    path = tmp_path / 'steps/one.json'
    path.write_text(json.dumps(json.loads(path.read_text()) | dict(seconds=100.0)))
    steps = Steps(tmp_path, lambda *_: None)
    assert steps.done('one') is None
    record = steps.run('one', command(text), ('--resume',))
    assert 100 < record['seconds'] < 130 and record['tries'] == 2


def test_failed_step_tells_why(tmp_path):
    with pytest.raises(StepFailed, match='status 2.*ValueError: no') as info:
        Steps(tmp_path, lambda *_: None).run(
            'one', command('print("ValueError: no"); raise SystemExit(2)')
        )
    assert info.value.status == 2
