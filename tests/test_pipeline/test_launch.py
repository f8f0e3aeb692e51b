"""Forked or new, a process does what ``python COMMAND`` does, and ends with the pipeline."""

import ast
import os
import re
import subprocess
import sys
import time
from multiprocessing import forkserver
from pathlib import Path

import pytest

from ppl_mm.pipeline import launch

pytestmark = [
    pytest.mark.skipif(sys.platform != 'linux', reason='processes are forked on Linux'),
    pytest.mark.slow,
]

# What a command could notice, and results that depend on threads. Some imports set variables:
# OpenCV, rich, mmseg's tokenizer and torch's compiler, for what no step uses.
SURROUNDINGS = """
import multiprocessing, os, signal, sys
import cv2, numpy, torch
print(__name__, __file__, __spec__ and __spec__.name, sys.argv, sys.path[0])
print(sys.modules['__main__'].__dict__ is globals(), sys.flags)
print(os.getcwd(), sorted(item for item in os.environ.items()
                          if item[0][:6] not in
                          ('PYTEST', 'TOKENI', 'TORCHI', 'LD_LIB', 'QT_QPA', 'COLUMN', 'LINES')))
print(repr(sys.stdin.read()), sys.stdout.encoding, sys.stdout.isatty())
print({number: signal.getsignal(number) for number in signal.valid_signals()})
print(multiprocessing.get_start_method(), multiprocessing.current_process().daemon)
print(torch.get_num_threads(), torch.get_num_interop_threads())
numpy.random.seed(0), torch.manual_seed(0)
square = torch.rand(300, 300)
layer = torch.nn.Conv2d(64, 64, 3)
layer(torch.rand(4, 64, 32, 32)).sum().backward()
print((square @ square).sum().item(), layer.weight.grad.sum().item())
print((square.numpy() @ square.numpy()).sum(), numpy.random.rand())
"""
SLEEPER = (
    'import os, sys, time\nwith open(sys.argv[1] + "~", "w") as file:\n'
    '    file.write(str(os.getpid()))\n'
    'os.rename(file.name, sys.argv[1])\ntime.sleep(600)'
)


@pytest.fixture
def script(tmp_path):
    """Makes the command of a script."""

    def make(code, *args):
        path = tmp_path / 'script.py'
        path.write_text(code)
        return [sys.executable, str(path), *args]

    return make


@pytest.fixture(params=['forkserver', 'spawn'])
def method(request, monkeypatch):
    """How processes are started: both ways."""
    monkeypatch.setattr(launch, '_can_fork', lambda: request.param == 'forkserver')
    return request.param


def run(command, log, keep=None):
    process = launch.start(command, log, keep)
    process.join(120)
    return process.exitcode


@pytest.mark.parametrize('module', [False, True])
def test_a_command_notices_nothing(method, script, tmp_path, module):
    command = script(SURROUNDINGS, '--split', 'a b')
    if module:  # found in the current folder
        name = f'surroundings_{os.getpid()}'
        path = Path(os.getcwd(), f'{name}.py')
        path.write_text(SURROUNDINGS)
        command[1:2] = ['-m', name]
    try:
        plain = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
        ).stdout
        assert run(command, tmp_path / 'x.log') == 0
    finally:
        if module:
            path.unlink()
    assert len(plain.splitlines()) > 8
    assert (tmp_path / 'x.log').read_text().splitlines() == plain.splitlines()


def test_variables_are_those_of_now(method, script, tmp_path, monkeypatch):
    command = script('import os; print(os.environ.get("OWN_DATA"))')
    monkeypatch.setenv('OWN_DATA', 'data/one')
    run(command, tmp_path / 'one.log')
    monkeypatch.setenv('OWN_DATA', 'data/two')
    run(command, tmp_path / 'two.log')
    monkeypatch.delenv('OWN_DATA')
    run(command, tmp_path / 'none.log')
    logs = [(tmp_path / f'{name}.log').read_text().strip() for name in ('one', 'two', 'none')]
    assert logs == ['data/one', 'data/two', 'None']


def test_what_a_step_needs_is_imported(script, tmp_path):
    source = Path(launch.__file__).with_name('preload.py').read_text()
    names = ast.literal_eval(re.search(r'_MODULES = (\(.*?\))', source, re.DOTALL)[1])
    assert 'mmseg.models' in names
    forkserver._forkserver._stop()  # one that other tests have started imports less
    code = f'import sys; sys.exit(str([name for name in {names} if name not in sys.modules]))'
    run(script(code), tmp_path / 'x.log')
    assert (tmp_path / 'x.log').read_text() == '[]\n'


@pytest.mark.parametrize(
    'code, status, last',
    [
        ('raise ValueError("no such thing")', 1, 'ValueError: no such thing'),
        ('import sys; sys.exit("error: a.png: broken")', 1, 'error: a.png: broken'),
        ('import sys; print("one\\ntwo"); sys.exit(3)', 3, 'two'),
        ('print("one"); import os; os.kill(os.getpid(), 9)', -9, 'one'),
        ('print("one"); import os; os.kill(os.getpid(), 15)', -15, 'one'),
        ('raise KeyboardInterrupt', 1, 'KeyboardInterrupt'),
        ('x = ', 1, 'SyntaxError: invalid syntax'),
    ],
)
def test_failures(method, script, tmp_path, code, status, last):
    assert run(script(code), tmp_path / 'x.log') == status
    assert (tmp_path / 'x.log').read_text().splitlines()[-1] == last


def test_output_comes_at_once(method, script, tmp_path):
    log = tmp_path / 'x.log'
    process = launch.start(script('import time\nprint("a line")\ntime.sleep(60)'), log)
    try:
        wait_for(lambda: log.exists() and log.read_text() == 'a line\n')
    finally:
        process.kill()


def test_each_process_has_its_own_random_numbers(method, script, tmp_path):
    command = script(
        'import numpy, random, torch\nprint(numpy.random.rand(), '
        'random.random(), torch.rand(1).item())'
    )
    for _ in range(2):
        run(command, tmp_path / 'x.log')
    first, second = (tmp_path / 'x.log').read_text().splitlines()
    assert not set(first.split()) & set(second.split())


def test_no_state_is_handed_on(method, script, tmp_path):
    command = script(
        'import os, torch\nassert "x" not in os.environ\n'
        'assert not hasattr(torch, "x")\n'
        'os.environ["x"] = torch.x = "1"\n'
    )
    assert [run(command, tmp_path / 'x.log') for _ in range(2)] == [0, 0]


def test_a_file_stays_open(method, script, tmp_path):
    """Whoever holds the lock of a pipeline holds it until the last of its processes is gone."""
    code = (
        'import os, sys\n'
        'files = [os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")\n'
        '         if os.path.exists(f"/proc/self/fd/{n}")]\n'
        'sys.exit(sys.argv[1] not in files)'
    )
    with open(tmp_path / 'lock', 'wb') as lock:
        command = script(code, lock.name)
        assert run(command, tmp_path / 'x.log', lock.fileno()) == 0
        assert run(command, tmp_path / 'x.log') == 1


@pytest.mark.parametrize('can_fork', [True, False])
def test_nothing_outlives_a_killed_pipeline(script, tmp_path, can_fork):
    pid_file = tmp_path / 'pid'
    command = script(SLEEPER, str(pid_file))
    main = tmp_path / 'main.py'
    main.write_text(
        'import time\nfrom pathlib import Path\nfrom ppl_mm.pipeline import launch\n'
        f'launch._can_fork = lambda: {can_fork}\n'
        "if __name__ == '__main__':\n"
        f'    launch.start({command}, Path({str(tmp_path / "x.log")!r}))\n'
        '    time.sleep(600)\n'
    )
    pipeline = subprocess.Popen([sys.executable, str(main)])
    wait_for(pid_file.exists)
    step = int(pid_file.read_text())
    server = parent_of(step)
    assert (server == pipeline.pid) != can_fork
    pipeline.kill()
    pipeline.wait()
    wait_for(lambda: not is_running(step))
    wait_for(lambda: server == pipeline.pid or not is_running(server))


def test_where_importing_fails_the_step_says_so(script, tmp_path):
    (tmp_path / 'broken').mkdir()
    (tmp_path / 'broken/mmpretrain.py').write_text('1 / 0')
    main = tmp_path / 'main.py'
    main.write_text(
        'import sys\nfrom pathlib import Path\nfrom ppl_mm.pipeline import launch\n'
        "if __name__ == '__main__':\n"
        f'    process = launch.start({script("import mmpretrain")}, Path(sys.argv[1]))\n'
        '    process.join()\n    sys.exit(process.exitcode)\n'
    )
    paths = [str(tmp_path / 'broken'), os.environ.get('PYTHONPATH', '')]
    done = subprocess.run(
        [sys.executable, str(main), str(tmp_path / 'x.log')],
        env=os.environ | dict(PYTHONPATH=os.pathsep.join(paths)),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, '', '')
    assert (tmp_path / 'x.log').read_text().splitlines()[
        -1
    ] == 'ZeroDivisionError: division by zero'


def test_no_fork_where_there_is_a_gpu(monkeypatch):
    assert launch._can_fork()
    monkeypatch.setattr('mmengine.device.get_device', lambda: 'cuda')
    assert not launch._can_fork()


def wait_for(condition):
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def stat(pid):
    """State and parent, of /proc/PID/stat."""
    return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()


def parent_of(pid):
    return int(stat(pid)[1])


def is_running(pid):
    try:
        return stat(pid)[0] != 'Z'
    except (ProcessLookupError, FileNotFoundError):
        return False
