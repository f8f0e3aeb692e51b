import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from ppl_mm.pipeline.fork_server import preload
from ppl_mm.pipeline.forked_process import ForkedProcess
from ppl_mm.pipeline.launcher import Launcher
from ppl_mm.pipeline.process import last_useful_line, run_process, start_process

pytestmark = [
    pytest.mark.skipif(sys.platform != 'linux', reason='Linux can do it'),
    pytest.mark.slow,
]

# All that a command could notice, and results that depend on threads. Some
# imports set variables: mmseg's tokenizer, which no step uses, and torch's
# compiler, which no step uses either, where it keeps what it has compiled.
SURROUNDINGS = """
import atexit, multiprocessing, os, random, signal, sys, threading
import cv2, numpy, torch
atexit.register(print, 'atexit')
print(__name__, __file__, __spec__ and __spec__.name, sys.argv, sys.path)
print(sys.modules['__main__'].__dict__ is globals(), sys.flags)
print(os.getcwd(), sorted(item for item in os.environ.items()
                          if item[0][:6] not in (
                              'PYTEST', 'TOKENI', 'TORCHI')))
print(repr(sys.stdin.read()), sys.stdout.encoding, sys.stdout.isatty())
print(sys.stdout.line_buffering, sys.stderr.line_buffering)
print({number: signal.getsignal(number) for number in signal.valid_signals()})
print(threading.active_count(), multiprocessing.get_start_method(True),
      multiprocessing.parent_process(), multiprocessing.current_process().name)
print(torch.get_num_threads(), torch.get_num_interop_threads())
numpy.random.seed(0), torch.manual_seed(0)
square = torch.rand(300, 300)
layer = torch.nn.Conv2d(64, 64, 3)
layer(torch.rand(4, 64, 32, 32)).sum().backward()
print((square @ square).sum().item(), layer.weight.grad.sum().item())
print((square.numpy() @ square.numpy()).sum(), numpy.random.rand())
print(sorted(os.listdir('/proc/self/fd')))
"""


@pytest.fixture(scope='module')
def lock(tmp_path_factory):
    """An open file."""
    with open(tmp_path_factory.mktemp('lock') / 'lock', 'wb') as file:
        yield file


@pytest.fixture(scope='module')
def launcher(lock):
    """One whose server serves all tests that do it no harm."""
    with Launcher(inherit=(lock.fileno(),)) as launcher:
        yield launcher


@pytest.fixture
def script(tmp_path):
    """Makes the command of a script."""

    def make(code, *args):
        path = tmp_path / 'script.py'
        path.write_text(code)
        return [sys.executable, str(path), *args]

    return make


def ignore(progress):
    pass


def run(command, log, launcher, show=ignore):
    """Run it, forked."""

    def start(command, output):
        process = launcher.start(command, output)
        assert isinstance(process, ForkedProcess)
        return process

    return run_process(command, log, show, start)


@pytest.mark.parametrize('module', [False, True])
def test_a_command_notices_nothing(launcher, script, tmp_path, module):
    command = script(SURROUNDINGS, '--split', 'a b')
    if module:  # of the folder that the server was started in
        name = f'surroundings_{os.getpid()}'
        path = Path(os.getcwd(), f'{name}.py')
        path.write_text(SURROUNDINGS)
        command[1:2] = ['-m', name]
    try:
        start = partial(start_process, inherit=launcher.inherit)
        assert run_process(command, tmp_path / 'plain.log', ignore, start) == 0
        assert run(command, tmp_path / 'forked.log', launcher) == 0
    finally:
        if module:
            path.unlink()
    plain, forked = (
        (tmp_path / f'{name}.log').read_text().splitlines() for name in ('plain', 'forked')
    )
    assert plain[-1] == 'atexit' and len(plain) > 10
    assert forked == plain


def test_what_it_needs_is_there(launcher, script, tmp_path):
    code = 'import sys; sys.exit("mmseg.models" not in sys.modules)'
    assert run(script(code), tmp_path / 'x.log', launcher) == 0


@pytest.mark.parametrize(
    'code, status, line',
    [
        ('raise ValueError("no such thing")', 1, 'ValueError: no such thing'),
        ('import sys; sys.exit("error: a.png: broken")', 1, 'a.png: broken'),
        ('import sys; print("one\\ntwo\\n"); sys.exit(3)', 3, 'two'),
        ('import os; os.kill(os.getpid(), 9)', -9, 'it said nothing'),
        ('import os; os.kill(os.getpid(), 15)', -15, 'it said nothing'),
        ('raise KeyboardInterrupt', -2, 'KeyboardInterrupt'),
        ('x = ', 1, 'SyntaxError: invalid syntax'),
    ],
)
def test_failures(launcher, script, tmp_path, code, status, line):
    log = tmp_path / 'x.log'
    assert run_process(script(code), log, ignore) == status
    assert last_useful_line(log) == line
    log.unlink()
    assert run(script(code), log, launcher) == status
    assert last_useful_line(log) == line


def test_each_process_has_its_own_random_numbers(launcher, script, tmp_path):
    command = script(
        'import numpy, random, torch\nprint(numpy.random.rand(), '
        'random.random(), torch.rand(1).item())'
    )
    for _ in range(2):
        run(command, tmp_path / 'x.log', launcher)
    first, second = (tmp_path / 'x.log').read_text().splitlines()[1::2]
    assert not set(first.split()) & set(second.split())


def test_a_state_is_not_handed_on(launcher, script, tmp_path):
    command = script(
        'import os, torch\nassert "x" not in os.environ\n'
        'assert not hasattr(torch, "x")\n'
        'os.environ["x"] = torch.x = "1"\n'
    )
    assert [run(command, tmp_path / 'x.log', launcher)] * 2 == [0, 0]


def test_descriptors_are_inherited(launcher, lock, script, tmp_path):
    command = script('import os, sys; os.write(int(sys.argv[1]), b"here")', str(lock.fileno()))
    assert run(command, tmp_path / 'x.log', launcher) == 0
    assert Path(lock.name).read_bytes() == b'here'


def test_an_interrupted_pipeline_ends_its_process(launcher, script, tmp_path):
    def stop(progress):
        if pid_file.exists():
            raise KeyboardInterrupt

    pid_file = tmp_path / 'pid'
    with pytest.raises(KeyboardInterrupt):
        run(script(SLEEPER, str(pid_file)), tmp_path / 'x.log', launcher, stop)
    assert not is_running(int(pid_file.read_text()))


SLEEPER = (
    'import os, sys, time\nwith open(sys.argv[1] + "~", "w") as file:\n'
    '    file.write(str(os.getpid()))\n'
    'os.rename(file.name, sys.argv[1])\ntime.sleep(60)'
)


def test_nothing_outlives_a_killed_pipeline(script, tmp_path):
    pid_file = tmp_path / 'pid'
    command = script(SLEEPER, str(pid_file))
    pipeline = subprocess.Popen(
        [
            sys.executable,
            '-c',
            (
                'from pathlib import Path\n'
                'from ppl_mm.pipeline.launcher import Launcher\n'
                'from ppl_mm.pipeline.process import run_process\n'
                f'run_process({command}, Path({str(tmp_path / "x.log")!r}), print, '
                'Launcher().start)'
            ),
        ]
    )
    wait_for(pid_file.exists)
    step = int(pid_file.read_text())
    server = parent_of(step)
    assert parent_of(server) == pipeline.pid
    pipeline.kill()
    pipeline.wait()
    wait_for(lambda: not is_running(step) and not is_running(server))


def test_where_importing_fails_it_is_started_as_usual(script, tmp_path, monkeypatch):
    (tmp_path / 'broken').mkdir()
    (tmp_path / 'broken/mmpretrain.py').write_text('1 / 0')
    monkeypatch.setenv('PYTHONPATH', str(tmp_path / 'broken'))
    with Launcher() as launcher:
        for _ in range(2):
            assert (
                run_process(
                    script('import sys; sys.exit(3)'), tmp_path / 'x.log', ignore, launcher.start
                )
                == 3
            )


def test_where_the_server_is_killed(script, tmp_path):
    pid_file = tmp_path / 'pid'

    def kill_server(progress):
        if pid_file.exists():
            launcher._server.kill()

    with Launcher() as launcher:
        assert run(script(SLEEPER, str(pid_file)), tmp_path / 'x.log', launcher, kill_server) == -9
        wait_for(lambda: not is_running(int(pid_file.read_text())))
        assert (
            run_process(
                script('import sys; sys.exit(3)'), tmp_path / 'x.log', ignore, launcher.start
            )
            == 3
        )


def test_no_server_where_there_is_a_gpu(monkeypatch):
    monkeypatch.setattr('mmengine.device.get_device', lambda: 'cuda')
    assert not preload()


def test_other_programs_are_started_as_usual(tmp_path):
    with Launcher() as launcher, open(tmp_path / 'x.log', 'ab') as output:
        for command in (['true'], [sys.executable, '-c', '']):
            process = launcher.start(command, output)
            assert isinstance(process, subprocess.Popen)
            assert process.wait() == 0
        assert launcher._server is None


def wait_for(condition):
    deadline = time.monotonic() + 60
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
