"""Show on the console what a user can act on; the log file keeps everything, or the run ends."""

import io
import logging
import os
import re
import select
import sys
import warnings
from contextlib import suppress
from functools import partial, wraps
from typing import Any

from .text import printable

# Nothing that a user can act on: pages about the machine, the config and the
# hooks, a line for each frozen weight, and news of old interfaces.
_FOR_THE_FILE = re.compile(
    r'^\s*-{20,}\s+System environment'
    r'|^Config:\n'
    r'|^Hooks will be executed'
    r'|is skipped since its requires_grad=False'
    r'|^paramwise_options --'
    r'|^Distributed training is not used'
    r'|"FileClient" will be deprecated|"HardDiskBackend" is the alias'
    r'|^Failed to search registry'
    r'|^Loads? (checkpoint|model) |^load .*model from: '
    r'|^Exp name: |^Using env variable '
    r'|^The prefix is not set in metric class'
    r'|^Traceback \(most recent call last\)'
)
# What mmseg warns of whenever a head or its hook of pictures is built, by its beginning.
_OF_MMSEG = (
    r'``build_loss`` would be deprecated|Default ``avg_non_ignore`` is False'
    r'|For binary segmentation, we suggest|The draw is False, it means'
)


def warn(text: str) -> None:
    """Log a warning of one line, in which nothing acts on a terminal."""
    # Late: it imports torch, which the converters of data sets never need.
    from mmengine.logging import print_log

    print_log(printable(text), logger='current', level=logging.WARNING)


def take_every_letter() -> None:
    """Have stdout and stderr escape the letters that their encoding lacks.

    A strict one ends a command for the name of a file that it prints. What goes to a stream that
    whoever started the command has closed is lost.
    """
    for name in ('stdout', 'stderr'):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, 'w', errors='backslashreplace'))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors='backslashreplace')


def reader_is_gone() -> bool:
    """Return whether nobody reads stdout any more, as after ``| head -1``.

    What goes there from then on is lost.
    """
    out = sys.stdout.fileno()
    poll = select.poll()
    poll.register(out, 0)
    if not any(event & select.POLLERR for _, event in poll.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), out)
    return True


def keep_console_short() -> None:
    """Have mmengine's loggers write to the console what a user can act on.

    Only the loggers that are made later are changed.
    """
    warnings.filterwarnings('ignore', _OF_MMSEG, UserWarning)
    module = sys.modules.get('mmengine.logging.logger')
    if module is None or hasattr(module.MMLogger.__init__, '__wrapped__'):
        return
    make = module.MMLogger.__init__

    @wraps(make)
    def make_short(self: logging.Logger, *args: Any, **kwargs: Any) -> None:
        """Make a logger, and keep its console short."""
        make(self, *args, **kwargs)
        for handler in self.handlers:
            handler.handleError = partial(_end_run, handler)  # type: ignore[method-assign]
            if isinstance(handler, logging.FileHandler):
                # Names of files are no text of an ASCII locale; some are not even UTF-8.
                if handler.stream:
                    handler.stream.reconfigure(encoding='utf-8', errors='backslashreplace')
            else:
                handler.addFilter(_is_for_users)
                handler.setFormatter(_Shown(handler.formatter))

    module.MMLogger.__init__ = make_short


def _is_for_users(record: logging.LogRecord) -> bool:
    return not _FOR_THE_FILE.search(record.getMessage())


class _Shown(logging.Formatter):
    """Writes lines as another formatter does, without what acts on a terminal but its colours.

    A name in a data set or a checkpoint may hold anything.
    """

    def __init__(self, formatter: logging.Formatter | None) -> None:
        super().__init__()
        self.formatter = formatter or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        lines = record.getMessage().split('\n')
        safe = '\n'.join(printable(line.expandtabs()) for line in lines)
        shown = logging.makeLogRecord({**vars(record), 'msg': safe, 'args': ()})
        return self.formatter.format(shown)


def _end_run(handler: logging.Handler, record: logging.LogRecord) -> None:
    """Raise what the system says of a log: of a full disk, logging prints a page a line.

    So it does where nobody reads the console any more.
    """
    error = sys.exc_info()[1]
    if not isinstance(error, OSError):
        return logging.Handler.handleError(handler, record)
    with suppress(OSError):
        handler.close()  # what it has not written would fail again
    file = getattr(handler, 'baseFilename', None)
    raise OSError(error.errno, error.strerror, file) from error
