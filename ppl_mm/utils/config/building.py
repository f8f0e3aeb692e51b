"""What is told of a config from which nothing can be built, or that does not run."""

import logging
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from mmengine.config import Config
from mmengine.logging import MMLogger, print_log
from mmengine.registry import build_from_cfg

from ...errors import UserError, first_line
from ..files import no_space
from ..troubleshooting import explain_failure

#: Set in the environment, it has errors shown with their tracebacks.
TRACEBACK = 'PPL_MM_TRACEBACK'


@contextmanager
def building(cfg: Config) -> Iterator[None]:
    """Raise a UserError of one line instead of whatever a constructor raises."""
    try:
        yield
    except Exception as error:  # constructors raise anything
        if _is_told_elsewhere(error):
            raise
        raise UserError(
            f'{cfg.filename}: {_built(error)}cannot be built ({type(error).__name__}: '
            f'{first_line(error)}); {TRACEBACK}=1 in the environment shows where'
        ) from error


@contextmanager
def running(cfg: Config) -> Iterator[None]:
    """Raise a UserError of one line instead of whatever ends a run; its log keeps the traceback."""
    try:
        yield
    except Exception as error:  # what a config puts together can raise anything
        if _is_told_elsewhere(error):
            raise
        if line := explain_failure(error):
            raise UserError(f'{cfg.filename}: {line}') from error
        print_log(traceback.format_exc(), 'current', logging.ERROR)
        raise UserError(
            f'{cfg.filename}: {_built(error)}does not run ({type(error).__name__}: '
            f'{first_line(error)}); the traceback is in {_log_file() or "the log"}'
        ) from error


def _is_told_elsewhere(error: Exception) -> bool:
    of_a_file = isinstance(error, OSError) and error.strerror
    of_the_machine = isinstance(error, RuntimeError | MemoryError) and explain_failure(error)
    known = isinstance(error, UserError) or of_a_file or no_space(error) or of_the_machine
    return bool(known or os.environ.get(TRACEBACK))


def _built(error: Exception) -> str:
    """Return the innermost type that was being built, and a space; '' where none was."""
    kinds = [
        frame.f_locals.get('obj_type')
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if frame.f_code is build_from_cfg.__code__
    ]
    return f'{kinds[-1]} ' if kinds and isinstance(kinds[-1], str) else ''


def _log_file() -> str | None:
    handlers = MMLogger.get_current_instance().handlers
    return next(
        (handler.baseFilename for handler in handlers if hasattr(handler, 'baseFilename')), None
    )
