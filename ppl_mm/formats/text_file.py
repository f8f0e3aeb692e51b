"""Text files of a user, read with errors that name the file."""

import codecs
import os
from pathlib import Path

from ..errors import UserError
from ..utils.files import check_regular


def read_lines(path: str | os.PathLike, what: str) -> list[tuple[int, str]]:
    """Return the numbers, from 1, and the stripped lines of a text file that are not empty.

    Raises:
        UserError: The file is missing, not text, or empty.
    """
    numbered = enumerate(read_text(path, what).splitlines(), 1)
    lines = [(number, line.strip()) for number, line in numbered if line.strip()]
    if not lines:
        raise UserError(f'{path}: the {what} is empty; write one entry per line')
    return lines


def read_text(path: str | os.PathLike, what: str) -> str:
    """Read a text file, named as ``what`` in messages, in UTF-8, or in UTF-16 with its mark.

    Raises:
        UserError: The file is missing, cannot be read, or is not such text.
    """
    content = read_bytes(path, what)
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode('utf-16' if wide else 'utf-8-sig')
    except UnicodeDecodeError:
        raise UserError(f'{path}: the {what} is not UTF-8 text; save it as UTF-8') from None


def read_bytes(path: str | os.PathLike, what: str) -> bytes:
    """Read a regular file, named as ``what`` in messages; a pipe or a device would wait forever.

    Raises:
        UserError: The file is missing, cannot be read, or is not a regular file.
    """
    try:
        check_regular(path)
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise UserError(f'{path}: the {what} is missing; check the path') from None
    except OSError as error:
        raise UserError(
            f'{path}: the {what} cannot be read ({error.strerror}); check the path'
        ) from None
