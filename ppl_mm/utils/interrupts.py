"""Imported first by each command: Ctrl-C in the seconds of its imports ends it in one line.

An exception would not do: C++ code that torch runs meanwhile aborts, and others print pages.
Nothing is written before all is imported, so the process can end at once.
"""

import os
import signal
import sys
from pathlib import Path

from ..errors import UserError
from .processes.to_launcher import leave_to_launcher
from .project import tools_dir


def end_at_once() -> None:
    """Have Ctrl-C end the process, unless it is ignored, until :func:`take_interrupts`."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def take_interrupts() -> None:
    """Have Ctrl-C raise KeyboardInterrupt again: the imports are done."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(*_: object) -> None:
    if not leave_to_launcher('interrupted'):
        os.write(2, b'interrupted; run the same command again to continue\n')
    os._exit(130)


def _is_started() -> bool:
    """Return whether a tool is what the user has started; tests and ppl-mm import it."""
    script = getattr(sys.modules['__main__'], '__file__', None)
    try:
        return script is not None and tools_dir() in Path(script).resolve().parents
    except UserError:  # a copy of the package without its tools
        return False


if _is_started():
    end_at_once()
