"""Ctrl-C in the seconds in which a command imports what it needs."""

import os
import signal
import subprocess
import sys

import pytest
from forked_commands import COMMANDS, ROOT

# A user is as fast as this: the first import of anything that takes long is interrupted.
_INTERRUPTED = 'import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nraise SystemExit(3)\n'
_HEAVY = ('PIL', 'cv2', 'matplotlib', 'mmengine', 'numpy', 'scipy', 'torch')
_LINE = 'interrupted; run the same command again to continue\n'
_INSTALLED = ['-c', 'from ppl_mm.command_line import main; main()', 'train']


def _hear_ctrl_c():
    """As in a terminal, also where the suite runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope='module')
def interrupted(tmp_path_factory):
    """Starts Python with arguments; every heavy import is interrupted."""
    stubs = tmp_path_factory.mktemp('stubs')
    for name in _HEAVY:
        (stubs / f'{name}.py').write_text(_INTERRUPTED)
    paths = os.pathsep.join([str(stubs), str(ROOT), *filter(None, sys.path)])

    def start(*args, **env):
        return subprocess.run(
            [sys.executable, *map(str, args)],
            capture_output=True,
            text=True,
            env=dict(os.environ, PYTHONPATH=paths, **env),
            preexec_fn=_hear_ctrl_c,
        )

    return start


@pytest.mark.parametrize('name', [*COMMANDS, 'ppl-mm'])
def test_the_command_ends_in_one_line(interrupted, name):
    done = interrupted(*(_INSTALLED if name == 'ppl-mm' else [COMMANDS[name]]))
    assert (done.returncode, done.stdout, done.stderr) == (130, '', _LINE)


def test_a_launcher_says_it_for_its_processes(interrupted, tmp_path):
    file = tmp_path / 'error.json'
    known = dict(TORCHELASTIC_ERROR_FILE=str(file), PPL_MM_LAUNCHER='1')
    done = interrupted(COMMANDS['train'], **known)
    assert (done.returncode, done.stderr) == (130, '')
    assert 'interrupted' in file.read_text()
