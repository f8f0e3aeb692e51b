import errno
import json
import os
import stat
import threading
from contextlib import contextmanager

import pytest

from ppl_mm.utils.files import atomic_write, write_json


def write(path, content=b'new'):
    with atomic_write(path) as file:
        file.write(content)


@contextmanager
def reader_of(pipe):
    """Reads a pipe to its end meanwhile; a list of what came."""
    found = []
    thread = threading.Thread(target=lambda: found.append(pipe.read_bytes()), daemon=True)
    thread.start()
    yield found
    thread.join(10)


@pytest.fixture
def full(monkeypatch):
    """The disk is full, as at the end of a write."""

    def fails(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, 'chmod', fails)


@pytest.mark.parametrize('linked', [False, True])
def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path, linked):
    pipe = target = tmp_path / 'pipe'
    os.mkfifo(pipe)
    if linked:
        target = tmp_path / 'link'
        target.symlink_to(pipe)
    with reader_of(pipe) as found:
        write(target)
        assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert found == [b'new'] and target.is_symlink() == linked


def test_a_device_stays_a_device(tmp_path):
    device = tmp_path / 'null'
    try:
        os.mknod(device, stat.S_IFCHR | 0o666, os.stat(os.devnull).st_rdev)
        device.open('wb').close()
    except PermissionError:
        pytest.skip('only root makes devices')
    write(device)
    assert stat.S_ISCHR(device.stat().st_mode)
    assert os.listdir(tmp_path) == ['null']


@pytest.mark.parametrize('link_to', [None, 'old', 'missing'])
def test_a_file_or_a_link_is_replaced(tmp_path, link_to):
    path, old = tmp_path / 'path', tmp_path / 'old'
    old.write_bytes(b'old')
    if link_to:
        path.symlink_to(tmp_path / link_to)
    write(path)
    assert path.read_bytes() == b'new' and not path.is_symlink()
    assert old.read_bytes() == b'old'
    assert sorted(os.listdir(tmp_path)) == ['old', 'path']


def test_a_full_disk_names_the_file_and_leaves_the_old_one(tmp_path, full):
    path = tmp_path / 'path'
    path.write_bytes(b'old')
    with pytest.raises(OSError) as error:
        write(path)
    assert error.value.errno == errno.ENOSPC
    assert error.value.filename == str(path)
    assert path.read_bytes() == b'old' and os.listdir(tmp_path) == ['path']


def test_a_folder_that_takes_no_file_is_no_matter_of_the_temporary_one(tmp_path, monkeypatch):

    def refuses(dir, prefix, suffix):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), f'{dir}/{prefix}abc{suffix}')

    monkeypatch.setattr('tempfile.mkstemp', refuses)
    with pytest.raises(PermissionError) as error:
        write(tmp_path / 'path')
    assert error.value.filename == str(tmp_path / 'path')


def test_an_error_of_another_file_keeps_its_name(tmp_path):
    other = tmp_path / 'other'
    with pytest.raises(FileNotFoundError) as error, atomic_write(tmp_path / 'path'):
        other.read_bytes()
    assert error.value.filename == str(other)
    assert not os.listdir(tmp_path)


def test_json_comes_back_as_it_was_written(tmp_path):
    value = dict(name='Käse', n=[1, 0.1, None, True])
    write_json(tmp_path / 'new/a.json', value)
    assert json.loads((tmp_path / 'new/a.json').read_text()) == value


@pytest.mark.parametrize('number', [float('nan'), float('inf')])
def test_what_json_cannot_say_leaves_the_old_file(tmp_path, number):
    write_json(tmp_path / 'a.json', 1)
    with pytest.raises(ValueError, match='JSON compliant'):
        write_json(tmp_path / 'a.json', [number])
    assert (tmp_path / 'a.json').read_text() == '1\n'


def test_json_goes_down_a_pipe(tmp_path):
    os.mkfifo(tmp_path / 'pipe')
    with reader_of(tmp_path / 'pipe') as found:
        write_json(tmp_path / 'pipe', {})
    assert found == [b'{}\n']
