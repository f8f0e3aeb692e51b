"""Files that are either whole or not there, and what is in them."""

import errno
import fcntl
import hashlib
import json
import os
import re
import stat
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ..errors import UserError, first_line

# The umask can only be read by setting it, for all threads.
_UMASK_LOCK = threading.Lock()
# A name has 255 bytes at most; that of a temporary file has 14 more.
_LONGEST = 255 - len('..new_file.tmp')
# The names that _temporary gives, with mkstemp's letters in them.
_TEMPORARY = re.compile(r'\..+\.[a-z0-9_]{8}\.tmp')
# Seconds that a pipe may be without a reader.
_PATIENCE = 10.0
# What only writing ends with; the system does not say of which file.
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[IO[bytes]]:
    """Write a file so that no reader ever sees half of it; its folder is made.

    The bytes go to a temporary file in the same folder, which takes the name
    of ``path`` only when the block ends without an error. Into what is there
    and no file, a device or a pipe, they go at once.

    Yields:
        The temporary file, open for binary writing.

    Raises:
        OSError: If it cannot be written; ``filename`` is ``path``, not the temporary file.

    Examples:
        >>> with atomic_write('out/labels.json') as file:
        ...     size = file.write(b'{}')
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    straight = path.exists() and not path.is_file()
    with naming_file(path), _open_straight(path) if straight else _replacing(path) as file:
        yield file


@contextmanager
def naming_file(path: str | os.PathLike) -> Iterator[None]:
    """Have the system's errors of a block that writes a file name that file.

    The system does not say in which file there was no space, and an atomic
    write would name its temporary file.
    """
    path = Path(path)
    try:
        yield
    except (OSError, RuntimeError) as error:
        cause = no_space(error) or error
        if not isinstance(cause, OSError) or not _is_unnamed(cause, path):
            raise
        raise OSError(cause.errno, cause.strerror, str(path)) from error


def no_space(error: BaseException | None) -> OSError | None:
    """Return the system's word that there is no space, which torch.save buries; else None."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NO_SPACE:
            return error
        error = error.__context__
    return None


def _is_unnamed(error: OSError, path: Path) -> bool:
    """Return whether an error names no file, or the temporary one of ``path``."""
    if error.filename is None:
        return error.errno in _NO_SPACE
    return os.path.basename(str(error.filename)).startswith(f'.{_short_name(path)}.')


def _open_straight(path: Path) -> IO[bytes]:
    """Open a device, or a pipe for which a reader comes in time: opening it would wait for one."""
    if not path.is_fifo():
        return open(path, 'wb')
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
        else:
            os.set_blocking(handle, True)
            return os.fdopen(handle, 'wb')
        if time.monotonic() > deadline:
            raise OSError(errno.ENXIO, 'is a pipe that nobody reads', str(path))
        time.sleep(0.05)


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A temporary file that takes the place of ``path`` once it is whole."""
    handle, name = _temporary(path)
    lock = os.dup(handle)  # until the file has its name
    try:
        with os.fdopen(handle, 'wb') as file:
            yield file
        # Temporary files are private; give what the user's umask would give.
        with _UMASK_LOCK:
            umask = os.umask(0)
            os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    finally:
        os.close(lock)


def _temporary(path: Path) -> tuple[int, str]:
    """Open an empty file beside ``path``; return its handle and its name.

    It has the same name each time, so that a rerun takes what a killed run has
    left, unless another process is writing ``path`` at the moment.
    """
    name = str(path.with_name(f'.{_short_name(path)}.new_file.tmp'))
    handle = _open_alone(name)
    if handle is None:
        return tempfile.mkstemp(dir=path.parent, prefix=f'.{_short_name(path)}.', suffix='.tmp')
    os.ftruncate(handle, 0)
    return handle, name


def _short_name(path: Path) -> str:
    """Return a file's name, or a digest where the name of its temporary file would be too long."""
    name = os.fsencode(path.name)
    return path.name if len(name) <= _LONGEST else hashlib.sha256(name).hexdigest()


def _open_alone(name: str) -> int | None:
    """Open and lock a private file; None if it is another's, or cannot be locked."""
    try:
        handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        here, there = os.fstat(handle), os.stat(name)  # renamed meanwhile?
        if here.st_ino == there.st_ino and here.st_nlink == 1 and stat.S_ISREG(here.st_mode):
            return handle
    except OSError:
        pass
    os.close(handle)
    return None


def check_output(path: str | os.PathLike, *inputs: str | os.PathLike) -> None:
    """Refuse to write a file that the same command reads."""
    for read in inputs:
        if os.path.exists(path) and os.path.exists(read) and os.path.samefile(path, read):
            raise UserError(f'{path}: is read by this command; write another file')


def check_outside(path: str | os.PathLike, *folders: str | os.PathLike) -> None:
    """Refuse to write into a folder of images or masks: what is written would count as some."""
    place = Path(os.path.realpath(path))
    for folder in filter(os.path.isdir, folders):
        if any(one.exists() and one.samefile(folder) for one in (place, *place.parents)):
            raise UserError(f'{path}: is in {folder}, which this command reads; write elsewhere')


def write_bytes(path: str | os.PathLike, content: bytes) -> None:
    """Write a file, whole or not at all, see :func:`atomic_write`."""
    with atomic_write(path) as file:
        file.write(content)


def write_json(path: str | os.PathLike, value: object) -> None:
    """Write a value of JSON's types, whole and on the disk before this returns.

    Raises:
        ValueError: If a number is not finite, which JSON cannot say.
    """
    text = json.dumps(value, indent=1, allow_nan=False)
    with atomic_write(path) as file:
        file.write((text + '\n').encode())
        file.flush()
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # a pipe has no disk
            os.fsync(file.fileno())


def read_json(path: str | os.PathLike) -> dict:
    """Read the object of a JSON file that the project wrote, or that claims to be such a file.

    Raises:
        UserError: If it is not a regular file, or no JSON object; also of JSON that no program of
            sense writes: nested thousands of levels deep, or with numbers of thousands of digits.
        OSError: If it is missing or cannot be read.
    """
    check_regular(path)
    try:
        found = json.loads(Path(path).read_text(encoding='utf-8'))
        fault = '' if isinstance(found, dict) else 'no object'
    except RecursionError:
        fault = 'nested too deep'
    except ValueError as error:
        fault = first_line(error)
    if fault:
        raise UserError(f'{path}: not a readable record ({fault}); remove it, or put it back whole')
    return found


def remove_temporaries(folder: str | os.PathLike, parts: Sequence[str] = ()) -> None:
    """Remove the temporary files that killed runs left in a folder.

    Files deeper in it are left alone, but for its folders ``parts``, which are searched to their
    bottom. Only the one run that writes there may call this. Links are not followed.
    """
    places = [Path(folder)]
    for part in parts:
        places += [Path(place) for place, _, _ in os.walk(places[0] / part)]
    for path in [path for place in places for path in place.glob('.*.tmp')]:
        if _TEMPORARY.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)


def check_regular(path: str | os.PathLike) -> None:
    """Refuse what is not a regular file, after links: reading it may never end.

    Raises:
        UserError: A folder, a pipe, a device or a socket.
        OSError: There is nothing, or it cannot be asked for.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise UserError(f'{path}: is not a regular file; put a file there or take it out')


def file_sha256(path: str | os.PathLike) -> str:
    """Return the SHA-256 of a regular file's bytes, in 64 hexadecimal digits."""
    check_regular(path)
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
