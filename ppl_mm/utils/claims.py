"""Whose a folder is: made by this run, free, or in the way."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError
from .files import remove_temporaries
from .locks import lock_folder


def check_folder(
    path: str | os.PathLike,
    identity: Mapping[str, object],
    what: str,
    record: str,
    begun: Callable[[], bool] = lambda: True,
) -> dict | None:
    """Return the record of a folder that belongs to this run, or None if it is free.

    A folder is free if it is missing or empty; hidden files do not count.

    Args:
        path: The folder.
        identity: What makes its content what it is, of JSON's types. Keys that
            the record does not have are None there.
        what: What the folder holds, for messages: 'an export'.
        record: Name of the JSON file in the folder that says whose it is.
        begun: Tells whether the folder holds anything but its record; if not,
            a run with another identity may have it.

    Raises:
        UserError: If it is a file, holds something else or the work of another
            run, or its record is damaged.
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise UserError(f'{path}: is a file; give another folder')
    if not (path / record).is_file():
        if path.is_dir() and any(not name.startswith('.') for name in os.listdir(path)):
            raise UserError(f'{path}: holds other files than {what}; give another folder')
        return None
    found = _read(path / record, what)
    others = [key for key in identity if found.get(key) != identity[key]]
    if not others:
        return found
    if not begun():
        return None
    differences = ', '.join(
        f'{key} {_show(found.get(key))} there, {_show(identity[key])} here' for key in others[:3]
    )
    raise UserError(
        f'{path}: holds {what} made with other settings ({differences}); '
        'give another folder, or remove this one'
    )


@contextmanager
def claim_folder(
    path: str | os.PathLike,
    identity: Mapping[str, object],
    what: str,
    record: str,
    begun: Callable[[], bool] = lambda: True,
    parts: Sequence[str] = (),
) -> Iterator[dict | None]:
    """Hold a folder for one run; see :func:`check_folder` for what is refused.

    Temporary files that a killed run left are removed. In a distributed run
    only the main process may claim.

    Args:
        path: The folder; it is made.
        identity: See :func:`check_folder`.
        what: See :func:`check_folder`.
        record: See :func:`check_folder`.
        begun: See :func:`check_folder`.
        parts: Folders in it that this run writes into.

    Yields:
        The record of an earlier run with the same identity, or None. The
        caller writes the new record.

    Raises:
        UserError: See :func:`check_folder`; or if another run is at work.
    """
    # Before the lock, so that nothing is written into a stranger's folder.
    check_folder(path, identity, what, record, begun)
    with lock_folder(path):
        found = check_folder(path, identity, what, record, begun)
        remove_temporaries(path, parts)
        yield found


def _read(path: Path, what: str) -> dict:
    try:
        found = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, what) from error
    if not isinstance(found, dict):
        raise _damaged(path, what)
    return found


def _damaged(path: Path, what: str) -> UserError:
    return UserError(
        f'{path}: not readable as the record of {what}; remove the folder, or give another one'
    )


def _show(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f'{text[:57]}..'
