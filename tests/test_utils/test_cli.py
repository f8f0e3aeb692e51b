import errno
import os
import subprocess
import sys

import pytest

from ppl_mm.errors import UserError
from ppl_mm.utils.cli import run
from ppl_mm.utils.progress import track


def ends(capsys, main):
    """Status of a command, and what it printed."""
    with pytest.raises(SystemExit) as end:
        run(main)
    return end.value.code, capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_one_line(tmp_path, capsys):
    (tmp_path / 'file').touch()
    folder = tmp_path / 'file/folder'
    assert ends(capsys, folder.mkdir) == (2, f'error: {folder}: Not a directory\n')


def test_a_full_disk_is_one_line_where_no_file_is_known(capsys):

    def main():
        raise OSError(errno.ENOSPC, 'No space left on device')

    assert ends(capsys, main) == (2, 'error: No space left on device\n')


@pytest.mark.parametrize(
    'error', [OSError('cannot identify image'), ValueError('a bug'), KeyError('a bug')]
)
def test_what_may_be_a_bug_keeps_its_traceback(error):

    def main():
        raise error

    with pytest.raises(type(error)) as caught:
        run(main)
    assert caught.value is error


NASTY = 'a\nb\x1b[31m.jpg'


@pytest.mark.parametrize(
    'error',
    [
        UserError(f'{NASTY}: is missing'),
        # As a DataLoader worker, and a registry, pass it on.
        UserError(
            'Caught UserError in DataLoader worker process 0.\nOriginal Traceback (most recent '
            f'call last):\n  File "x"\nppl_mm.errors.UserError: {NASTY}: is missing\n'
        ),
        UserError(f'class `LoadImage` in ppl_mm/datasets: {NASTY}: is missing'),
    ],
)
def test_a_name_with_a_line_break_is_one_line(capsys, error):

    def main():
        raise error

    assert ends(capsys, main) == (2, 'error: a\\nb\\x1b[31m.jpg: is missing\n')


def test_a_name_in_an_error_of_the_system_is_escaped(tmp_path, capsys):
    path = tmp_path / NASTY
    assert ends(capsys, path.read_bytes) == (
        2,
        f'error: {tmp_path}/a\\nb\\x1b[31m.jpg: No such file or directory\n',
    )


def test_a_link_to_nothing_is_not_a_folder(tmp_path, capsys):
    link = tmp_path / 'out'
    link.symlink_to('nowhere')
    said = f'error: {link}: a link to nothing; remove it, or give another folder\n'
    assert ends(capsys, lambda: link.mkdir(exist_ok=True)) == (2, said)
    (tmp_path / 'nowhere').touch()
    assert ends(capsys, lambda: link.mkdir(exist_ok=True)) == (2, f'error: {link}: File exists\n')


@pytest.mark.parametrize(
    'encoding, said', [('ascii', 'PYTHONUTF8=1'), ('utf-8', 'not valid UTF-8')]
)
def test_letters_that_cannot_be_written_are_one_line(capsys, monkeypatch, encoding, said):
    monkeypatch.setattr(sys, 'getfilesystemencoding', lambda: encoding)
    status, shown = ends(capsys, lambda: 'caf\udce9'.encode())
    assert status == 2 and shown.startswith('error: ') and said in shown
    assert shown.count('\n') == 1


@pytest.mark.parametrize(
    'error, status, line',
    [(UserError, 2, 'error: a.jpg'), (KeyboardInterrupt, 130, 'interrupted; a.jpg')],
)
def test_the_line_comes_after_the_bar(capsys, error, status, line):
    """A traceback holds frames, and they hold what draws a bar."""

    def main():
        items = track(range(9), 'converting')
        for _ in items:
            raise error('a.jpg')

    code, shown = ends(capsys, main)
    bar, last = shown.splitlines()
    assert (code, last) == (status, line) and bar.startswith('converting')


def test_what_has_no_items_has_no_bar(capsys):
    assert list(track(iter(()), 'converting', total=0)) == list(track([], 'converting')) == []
    assert capsys.readouterr().err == ''


_PRINTS = 'from ppl_mm.utils.cli import run; run(lambda: print("x\\n" * {}, flush={}))'


# A training prints through mmengine's logger.
_LOGS = (
    'from mmengine.logging import MMLogger; from ppl_mm.utils.cli import run; '
    'run(lambda: [MMLogger.get_instance("a").warning("x") for _ in range(3)])'
)


@pytest.mark.parametrize(
    'code',
    [_PRINTS.format(1, False), _PRINTS.format(1, True), _PRINTS.format(99_999, False), _LOGS],
)
def test_a_reader_that_has_enough_ends_the_command_quietly(code):
    """As with | head -1."""
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run(
        [sys.executable, '-c', code], stdout=writes, stderr=subprocess.PIPE, text=True
    )
    os.close(writes)
    assert (done.returncode, done.stderr) == (141, '')


@pytest.mark.parametrize('closed', ['>&-', '2>&-', '>&- 2>&-'])
def test_an_output_that_is_closed(closed):
    command = f'"$0" -c \'{_PRINTS.format(1, True)}\' {closed}'
    assert subprocess.run(['sh', '-c', command, sys.executable]).returncode == 0
