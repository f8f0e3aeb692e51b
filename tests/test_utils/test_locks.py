import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from ppl_mm.errors import UserError
from ppl_mm.utils import locks
from ppl_mm.utils.locks import lock_file, lock_folder, release

HOLDER = """
import sys, time
from ppl_mm.utils.locks import lock_folder
lock = lock_folder(sys.argv[1])
print('locked', flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock of tmp_path."""
    process = subprocess.Popen(
        [sys.executable, '-c', HOLDER, tmp_path], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == 'locked\n'
    yield process
    process.kill()
    process.wait()


def test_a_second_run_is_refused_in_one_line_that_names_folder_and_process(tmp_path, holder):
    with pytest.raises(UserError) as caught:
        lock_folder(tmp_path, patience=0.2)
    line = str(caught.value)
    assert line.startswith(f'{tmp_path}: another run is at work') and '\n' not in line
    assert f'process {holder.pid} on' in line


def test_the_lock_of_a_killed_run_blocks_nobody(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    start = time.monotonic()
    lock_folder(tmp_path).close()
    assert time.monotonic() - start < 1


def test_a_run_that_ends_is_waited_for(tmp_path, holder, capsys):
    pid = holder.pid
    subprocess.Popen(['sh', '-c', f'sleep 0.5; kill {pid}'])
    lock_folder(tmp_path).close()
    assert f'waiting for another run in {tmp_path}' in capsys.readouterr().err


def test_the_lock_ends_with_the_block(tmp_path):
    for _ in range(2):
        with lock_folder(tmp_path / 'new', patience=0):
            with pytest.raises(UserError, match='another run'):
                lock_folder(tmp_path / 'new', patience=0)


def test_the_text_of_an_old_lock_file_means_nothing(tmp_path):
    (tmp_path / locks.LOCK_NAME).write_text('process 1 on another.machine')
    lock_folder(tmp_path, patience=0).close()


@pytest.mark.parametrize('code', [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_not_locked(tmp_path, monkeypatch, code):
    def fails(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(locks.fcntl, 'flock', fails)
    lock_folder(tmp_path, patience=0).close()


def test_a_released_lock_is_free_although_a_child_holds_the_file(tmp_path):
    """Data loaders outlive a training, with every file that it had open."""
    with lock_folder(tmp_path) as lock:
        child = os.fork()
        if not child:
            signal.pause()
        release(lock)
    try:
        lock_folder(tmp_path, patience=0).close()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_the_lock_of_a_file_leaves_its_folder_and_its_neighbours_free(tmp_path):
    path = tmp_path / 'new/report.json'
    with lock_file(path, patience=0):
        with pytest.raises(UserError) as caught:
            lock_file(path, patience=0)
        assert str(caught.value).startswith(f'{path}: another run is at work on it (process ')
        assert 'give another file' in str(caught.value)
        lock_file(path.with_name('other.json'), patience=0).close()
        lock_folder(path.parent, patience=0).close()
    lock_file(path, patience=0).close()
    assert not path.exists()
