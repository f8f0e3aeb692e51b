import errno
import hashlib
import json
import os
import stat
import threading
from contextlib import contextmanager

import pytest

from ppl_mm.errors import UserError
from ppl_mm.utils import files
from ppl_mm.utils.files import atomic_write, check_output, file_sha256, read_json, write_json


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


def test_a_pipe_that_nobody_reads_does_not_hang(tmp_path, monkeypatch):
    monkeypatch.setattr(files, '_PATIENCE', 0.1)
    os.mkfifo(tmp_path / 'pipe')
    with pytest.raises(OSError, match='is a pipe that nobody reads') as error:
        write(tmp_path / 'pipe')
    assert error.value.filename == str(tmp_path / 'pipe')


def test_what_is_read_is_not_written(tmp_path):
    (tmp_path / 'a').touch()
    (tmp_path / 'link').symlink_to('a')
    check_output(tmp_path / 'a', tmp_path / 'b')
    check_output(tmp_path / 'new', tmp_path / 'a')
    with pytest.raises(UserError, match='link: is read by this command; write another file'):
        check_output(tmp_path / 'link', tmp_path / 'b', tmp_path / 'a')


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
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as error:
        write(path)
    assert error.value.filename == str(path)
    assert path.read_bytes() == b'old' and os.listdir(tmp_path) == ['path']


def test_a_folder_that_takes_no_file_is_no_matter_of_the_temporary_one(tmp_path, monkeypatch):

    def refuses(name, *_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), name)

    monkeypatch.setattr(os, 'open', refuses)
    with pytest.raises(PermissionError) as error:
        write(tmp_path / 'path')
    assert error.value.filename == str(tmp_path / 'path')


@pytest.mark.parametrize('number', range(4))
def test_a_killed_write_leaves_nothing_behind_the_next_one(tmp_path, number):
    """The process ends at one of its steps; the next write takes over what it has left."""
    path, step = tmp_path / 'path', ('fdopen', 'chmod', 'replace', 'dup')[number]
    path.write_bytes(b'old')
    child = os.fork()
    if not child:
        setattr(os, step, lambda *_: os._exit(9))
        write(path, b'half')
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert path.read_bytes() == b'old' and len(os.listdir(tmp_path)) == 2
    write(path)
    assert path.read_bytes() == b'new' and os.listdir(tmp_path) == ['path']


@pytest.mark.parametrize('name', ['a' * 255, 'é' * 127, 'a' * 242, 'a' * 241])
def test_a_name_as_long_as_names_can_be(tmp_path, name):
    with atomic_write(tmp_path / name) as one, atomic_write(tmp_path / name) as two:
        assert len(os.listdir(tmp_path)) == 2
        one.write(b'one')
        two.write(b'two')
    assert os.listdir(tmp_path) == [name]


def test_two_writers_at_once_each_write_a_whole_file(tmp_path):
    path = tmp_path / 'path'
    with atomic_write(path) as one, atomic_write(path) as two:
        one.write(b'one')
        two.write(b'two')
    assert path.read_bytes() == b'one' and os.listdir(tmp_path) == ['path']


def test_a_strangers_file_with_the_temporary_name_is_left_alone(tmp_path):
    path, stranger = tmp_path / 'path', tmp_path / 'stranger'
    stranger.write_bytes(b'mine')
    names = []
    with atomic_write(path):
        names += [name for name in os.listdir(tmp_path) if name.endswith('.tmp')]
    for link in (os.symlink, os.link):
        link(stranger, tmp_path / names[0])
        write(path)
        assert stranger.read_bytes() == b'mine' and path.read_bytes() == b'new'
        os.unlink(tmp_path / names[0])


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


@pytest.mark.parametrize('text', ['', '{', '[' * 100_000, '9' * 5000])
def test_json_that_no_program_of_ours_wrote(tmp_path, text):
    path = tmp_path / 'a.json'
    path.write_text(text)
    with pytest.raises(ValueError, match='Expecting|nested too deep|digits'):
        read_json(path)


def test_json_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / 'pipe')
    with pytest.raises(UserError, match='not a regular file'):
        read_json(tmp_path / 'pipe')


def test_sha256(tmp_path):
    path = tmp_path / 'a'
    path.write_bytes(b'x' * (3 << 20) + b'y')
    assert file_sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()
