"""Whose a folder is: made by this run, free, or in the way."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from .files import read_json
from .locks import hold_folder

_SHOWN, _WIDTH = 3, 40  # settings in a message, characters of each value


@dataclass(frozen=True)
class Claim:
    """What a run is going to make of a folder.

    Args:
        record: The JSON file in the folder that says whose it is.
        identity: What makes its content what it is, of JSON's types. Keys that
            the record does not have are None there.
        what: What the folder holds, for messages: 'an export'.
        begun: Tells whether the folder holds anything but its record; if not,
            a run with another identity may have it.
        parts: Folders in it that are written into.
    """

    record: Path
    identity: Mapping[str, object]
    what: str
    begun: Callable[[], bool] = lambda: True
    parts: Sequence[str] = ()

    def check(self) -> dict | None:
        """Return the record of a folder that belongs to this run, or None if it is free.

        A folder is free if it is missing or empty; hidden files do not count.

        Raises:
            UserError: If it is a file, holds something else or the work of another
                run, or its record is damaged.
        """
        folder = self.record.parent
        if folder.exists() and not folder.is_dir():
            raise UserError(f'{folder}: is a file; give another folder')
        if not self.record.is_file():
            if folder.is_dir() and any(not name.startswith('.') for name in os.listdir(folder)):
                raise UserError(
                    f'{folder}: holds other files than {self.what}; give another folder'
                )
            return None
        found = _read(self.record, self.what)
        other = _differences(found, self.identity)
        if not other:
            return found
        if self.begun():
            raise _other_settings(folder, self.what, other)
        return None

    @contextmanager
    def hold(self) -> Iterator[dict | None]:
        """Hold the folder for one run; see :meth:`check` for what is refused.

        Temporary files that a killed run left there and in its parts are removed. In a distributed
        run only the main process may hold it.

        Yields:
            The record of an earlier run with the same identity, or None; the caller writes one.
        """
        self.check()  # before the lock, so that nothing is written into a stranger's folder
        with hold_folder(self.record.parent, self.parts):
            yield self.check()


def check_record(path: str | os.PathLike, identity: Mapping[str, object], what: str) -> dict:
    """Return what a JSON file says, if it belongs to this run, see :class:`Claim`.

    Raises:
        UserError: If it is damaged, or of other settings.
    """
    path = Path(path)
    found = _read(path, what)
    if other := _differences(found, identity):
        raise _other_settings(path, what, other)
    return found


def _read(path: Path, what: str) -> dict:
    try:
        return read_json(path)
    except (OSError, ValueError) as error:
        raise UserError(
            f'{path}: not readable as the record of {what}; remove it, or give another one'
        ) from error


def _differences(found: Mapping, identity: Mapping[str, object]) -> str:
    """Return the first settings that differ, as text."""
    others = [line for key in identity for line in _differing(key, found.get(key), identity[key])]
    return ', '.join(others[:_SHOWN])


def _differing(name: str, there: object, here: object) -> Iterator[str]:
    """Return what differs, by its dotted name: ``refiners.0.threshold 0.3 there, 0.4 here``."""
    if isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        there, here = dict(enumerate(there)), dict(enumerate(here))
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        for key in {**there, **here}:
            yield from _differing(f'{name}.{key}', there.get(key), here.get(key))
    elif there != here:
        yield f'{name} {_show(there)} there, {_show(here)} here'


def _other_settings(path: Path, what: str, differences: str) -> UserError:
    return UserError(
        f'{path}: holds {what} made with other settings ({differences}); '
        'remove it, or give another one'
    )


def _show(value: object) -> str:
    text = str(value)
    return text if len(text) <= _WIDTH else f'{text[: _WIDTH - 2]}..'
