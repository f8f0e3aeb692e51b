import importlib
import signal
import sys

import pytest

from ppl_mm.utils import interrupts, project
from ppl_mm.utils.cli import run
from ppl_mm.utils.interrupts import end_at_once


@pytest.fixture
def handle():
    """Sets what an interrupt does."""
    before = signal.getsignal(signal.SIGINT)
    yield lambda what: signal.signal(signal.SIGINT, what)
    signal.signal(signal.SIGINT, before)


def test_a_command_at_work_is_interrupted_by_an_exception(handle, capsys):
    """It may have something to clean up, and to say."""
    handle(signal.default_int_handler)
    end_at_once()
    assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    with pytest.raises(SystemExit) as ended:
        run(lambda: signal.raise_signal(signal.SIGINT))
    assert ended.value.code == 130 and 'interrupted' in capsys.readouterr().err


def test_what_is_ignored_stays_ignored(handle):
    """A shell has a command in the background ignore it."""
    handle(signal.SIG_IGN)
    end_at_once()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_copy_of_the_package_without_its_tools_can_be_imported(monkeypatch, tmp_path):
    monkeypatch.setattr(project, '_PACKAGE', tmp_path / 'ppl_mm')
    monkeypatch.setattr(sys.modules['__main__'], '__file__', 'script.py', raising=False)
    importlib.reload(interrupts)
