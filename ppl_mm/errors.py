"""The one exception type that a command shows as a single line, and that line."""

import sys
import traceback


class UserError(ValueError):
    """Report something that the user can fix.

    The message is one line: which file or key, the value that is wrong, and what to do. Commands
    print it without a traceback and exit with status 2, see :func:`ppl_mm.utils.cli.run`.
    """


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or the name of its type.

    So it can stand inside the one line of a :class:`UserError`: at most 200 characters, without the
    quotes that a KeyError puts around its message, and without the number and the file that an
    OSError adds. Of text that cannot be written or read, it says what to do.

    Examples:
        >>> first_line(ValueError('too many values\\n\\nsee the manual'))
        'too many values'
        >>> first_line(EOFError())
        'EOFError'
    """
    text: object = error
    if isinstance(error, KeyError) and error.args:
        text = error.args[0]
    elif isinstance(error, OSError) and error.strerror:
        text = error.strerror
    elif isinstance(error, UnicodeError):
        text = f'{error}; {_advice_on_text()}'
    lines = (line.strip() for line in str(text).splitlines())
    return next(filter(None, lines), _assertion(error) or type(error).__name__)[:200]


def _assertion(error: BaseException) -> str | None:
    """Return the source of an assertion without a message."""
    frames = traceback.extract_tb(error.__traceback__)
    return frames[-1].line if frames and isinstance(error, AssertionError) else None


def _advice_on_text() -> str:
    """Return what helps where names are not text in the encoding of the system."""
    if sys.getfilesystemencoding() == 'utf-8':
        return 'a name or a file is not valid UTF-8: rename it, or save it as UTF-8'
    return 'set PYTHONUTF8=1 in the environment: this locale has no such letters'
