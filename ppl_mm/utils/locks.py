"""One run at a time in a folder, or on a file."""

import errno
import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ..errors import UserError
from .files import naming_file, remove_temporaries

#: Hidden, so that it is no content of the folder.
LOCK_NAME = '.lock'
# Data loaders of a killed run notice its end within some seconds, and hold the lock until then.
_PATIENCE = 10.0
_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)


def lock_folder(path: str | os.PathLike, patience: float | None = None) -> IO[bytes]:
    """Lock a folder, which is made, until the returned file is closed.

    The system releases the lock of a process that ends, however it ends: what
    a killed run leaves behind blocks nobody. Processes that inherit the file
    hold the lock together. File systems without locks are not locked.

    Args:
        path: The folder.
        patience: Seconds to wait for another run. Defaults to 10.

    Raises:
        UserError: If another run holds the lock; the line names its process.

    Examples:
        >>> with lock_folder('work_dirs/export'):
        ...     pass  # nobody else is at work there
    """
    path = Path(path)
    return _lock(path / LOCK_NAME, path, 'there', 'folder', patience)


@contextmanager
def hold_folder(path: str | os.PathLike, parts: Sequence[str] = ()) -> Iterator[None]:
    """Hold a folder for one run, see :func:`lock_folder`; temporary files of killed runs go.

    Its folders ``parts`` are searched for such files to their bottom. Where there is no space for a
    file, and the system does not say for which, the error names the folder.
    """
    with lock_folder(path) as lock, naming_file(path):
        remove_temporaries(path, parts)
        try:
            yield
        finally:
            release(lock)


def lock_file(path: str | os.PathLike, patience: float | None = None) -> IO[bytes]:
    """Lock a file that is read and written again, as :func:`lock_folder` does a folder.

    It stays free for readers: what is locked is a hidden file beside it.
    """
    path = Path(path)
    return _lock(path.with_name(f'.{path.name}{LOCK_NAME}'), path, 'on it', 'file', patience)


def _lock(lock: Path, what: Path, where: str, kind: str, patience: float | None) -> IO[bytes]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    # Appending keeps what the holder has written; a buffer would fail again when closed.
    file = open(lock, 'a+b', buffering=0)
    try:
        if not _wait(file, what, _PATIENCE if patience is None else patience):
            file.seek(0)
            holder = file.read(200).decode(errors='replace') or 'unknown'
            raise UserError(
                f'{what}: another run is at work {where} ({holder}); wait for its end, '
                f'or give another {kind}'
            )
        file.truncate(0)
        with naming_file(lock):
            file.write(f'process {os.getpid()} on {socket.gethostname()}'.encode())
    except BaseException:
        file.close()
        raise
    return file


def release(lock: IO[bytes]) -> None:
    """Release a lock for all that inherited it, such as data loaders that outlive a run."""
    fcntl.flock(lock, fcntl.LOCK_UN)


def _wait(file: IO[bytes], what: Path, patience: float) -> bool:
    """Take the lock as soon as it is free; return whether it was in time."""
    deadline = time.monotonic() + patience
    waiting = False
    while not _take(file):
        if time.monotonic() > deadline:
            return False
        if not waiting:
            print(f'waiting for another run in {what} to end', file=sys.stderr)
        waiting = True
        time.sleep(0.1)
    return True


def _take(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _HELD
    return True
