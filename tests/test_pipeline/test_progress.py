import io
import sys

import pytest

from ppl_mm.pipeline.process import run_process
from ppl_mm.pipeline.progress import Display, Estimate, Progress, duration, parse_progress
from ppl_mm.pipeline.step import Step

PREFIX = '11/22 16:46:02 - mmengine - INFO - '


@pytest.mark.parametrize(
    'line, text, left',
    [
        (
            PREFIX + 'Epoch(train)  [3][20/30]  lr: 1.0e-03  eta: 0:01:23  time: 0.2',
            'epoch 3, step 20/30',
            83,
        ),
        (PREFIX + 'Iter(train) [ 50/400]  base_lr: 1e-3 eta: 2:00:12  time: 1', '50/400', 7212),
        (PREFIX + 'Iter(train) [ 50/400]  base_lr: 1e-3 eta: 1 day, 0:00:12', '50/400', 86412),
        (
            PREFIX + 'Epoch(val)  [8][ 50/120]    eta: 0:00:03  time: 0.1',
            'validating, 50/120',
            None,
        ),
        (PREFIX + 'Epoch(test) [ 50/480]    eta: 0:00:30', '50/480', 30),
        ('[>>>>>     ] 40/120, 25.0 task/s, elapsed: 1s, ETA:     3s', '40/120', 3),
        ('demo data: 20/600 images', '20/600', None),
    ],
)
def test_reads_progress(line, text, left):
    assert parse_progress(line) == Progress(text, left)


@pytest.mark.parametrize(
    'line',
    [
        '',
        PREFIX + 'Load checkpoint from /a/b/1/2.pth',
        'loss: 0.5',
        PREFIX + 'Epoch(val) [8][120/120]    multi-label/mAP: 50'[:60],
        '/usr/bin/python tools/train.py',
    ],
)
def test_other_lines_tell_none_or_something_harmless(line):
    found = parse_progress(line)
    assert found is None or found.seconds_left is None


def steps(*seconds):
    return [
        Step(name=str(k), title=f'title {k}', command=[], outputs=(), seconds=one)
        for k, one in enumerate(seconds)
    ]


def test_the_estimate_learns_from_what_was_measured():
    first, second, third = steps(10, 20, 30)
    estimate = Estimate([first, second, third])
    assert estimate.left(first, passed=0) == 60
    assert estimate.left(first, passed=4) == 56
    assert estimate.left(first, passed=40) == 50  # never negative
    estimate.learn(first, 20)  # twice as slow as guessed
    assert estimate.left(second, passed=0) == 100
    # 15 seconds for what was guessed as 20: in all 35 for 30, with 10 of the 15 behind it.
    assert estimate.left(second, 10, Progress('', 5.0)) == pytest.approx(
        5 + 30 * (20 + 10) / (10 + 20 * 10 / 15)
    )
    assert estimate.left(second, 10, Progress('', None)) == 90


def test_the_step_at_work_says_how_fast_later_ones_are():
    first, second = steps(10, 20)
    estimate = Estimate([first, second])
    # Half of it took 10 seconds instead of 5.
    assert estimate.left(first, 10, Progress('', 10.0)) == 10 + 40
    assert estimate.left(first, 0, Progress('', 10.0)) == 10 + 20


def test_lines_where_there_is_no_terminal():
    out = io.StringIO()
    display = Display(2, out)
    _, second = steps(10, 20)
    display.skip()
    display.start(2, second, 65)
    display.update(Progress('1/2', None), 1, 64)  # too soon for a line
    display.done(21, ['warning: 3 labels'])
    display.tell_skipped()
    assert out.getvalue().splitlines() == [
        '1 of 2 steps finished before',
        'step 2 of 2: title 1 (about 1:05 left in all)',
        'step 2 of 2: title 1: done in 0:21',
        '  warning: 3 labels',
    ]


def test_one_line_in_place_on_a_terminal():
    out = io.StringIO()
    out.isatty = lambda: True
    display = Display(2, out)
    display.start(1, steps(10)[0], 65)
    display.update(Progress('epoch 3, 1/2', None), 61, 64)
    display.update(None, 62, 3)
    display.done(70)
    assert out.getvalue().count('\n') == 1
    shown = [line.rstrip() for line in out.getvalue().split('\r')]
    assert ('step 1 of 2: title 0 | epoch 3, 1/2 | 1:01 | about 1:04 left in all') in shown
    assert shown[-1] == 'step 1 of 2: title 0: done in 1:10'


@pytest.mark.parametrize('terminal', [False, True])
def test_a_new_stage_has_a_line_of_its_own(terminal):
    out = io.StringIO()
    out.isatty = lambda: terminal
    display = Display(2, out)
    display.start(1, steps(10)[0], 65)
    for text, stage in (('1/9', ''), ('2/9', '1 of 2: a'), ('3/9', '1 of 2: a'), ('4/9', '2 of 2')):
        display.update(Progress(text, None, stage), 1, 64)
    display.start(2, steps(10)[0], 65)
    display.update(Progress('1/9', None), 1, 64)
    lines = [line.split('\r')[-1].rstrip() for line in out.getvalue().split('\n')]
    assert [line for line in lines if 'stage' in line] == [
        'step 1 of 2: title 0: stage 1 of 2: a',
        'step 1 of 2: title 0: stage 2 of 2',
    ]


def test_the_stage_is_what_the_hook_logs(tmp_path):
    shown = []
    line = '- INFO - Stage 2 of 3: patches of a 4 grid after block 6, for 2 epochs'
    code = f'import time\nprint("{line}")\nprint("Epoch(train) [3][20/30]")\ntime.sleep(1.2)'
    (tmp_path / 'x.py').write_text(code)
    run_process([sys.executable, str(tmp_path / 'x.py')], tmp_path / 'x.log', shown.append)
    stage = '2 of 3: patches of a 4 grid after block 6, for 2 epochs'
    assert Progress('epoch 3, step 20/30', None, stage) in shown


def test_duration():
    assert [duration(s) for s in (0.4, 65, 3665)] == ['0:00', '1:05', '1:01:05']
