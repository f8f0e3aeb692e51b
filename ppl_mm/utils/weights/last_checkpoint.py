"""Find the checkpoint that a training can continue from; without torch, in a moment."""

import os
import re
import zipfile
from pathlib import Path

from ...errors import UserError

# Bytes of a path, and of a name, on Linux.
_LONGEST, _LONGEST_NAME = 4096, 255
_NAME = re.compile(r'(epoch|iter)_(\d+)\.pth')


def last_checkpoint(folder: Path) -> Path | None:
    """Return the latest whole checkpoint of a training, None where there is none.

    It is the one that mmengine noted in the folder. Where the note, or its file, is missing or
    damaged, it is the newest whole one.

    Args:
        folder: A work folder of ``tools/train.py``. It may have been moved or copied since:
            mmengine notes where it was.
    """
    candidates = [_noted(folder), *reversed(checkpoints(folder))]
    return next((path for path in candidates if path and _is_whole(path)), None)


def checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints that a training left in a folder, the newest last."""
    found = [
        (int(match[2]), path)
        for path in folder.glob('*.pth')
        if (match := _NAME.fullmatch(path.name))
    ]
    return [path for _, path in sorted(found)]


def check_note(folder: Path) -> None:
    """Refuse a folder in which no note of the latest checkpoint can be written."""
    note = folder / 'last_checkpoint'
    if note.is_dir() and not note.is_symlink():
        raise UserError(
            f'{note}: is a folder, but a training notes its latest checkpoint there; move it away'
        )


def _noted(folder: Path) -> Path | None:
    note = folder / 'last_checkpoint'
    try:
        # Reading a pipe or a device never ends, and no path is as long as the longest files.
        readable = note.is_file() and note.stat().st_size < _LONGEST
        noted = note.read_text().strip() if readable else ''
    except (OSError, ValueError):
        return None
    name = Path(noted).name
    return folder / name if name and len(os.fsencode(name)) <= _LONGEST_NAME else None


def _is_whole(path: Path) -> bool:
    """Whether the end of a zip file is there, where all of its parts are listed."""
    if not path.is_file():
        return False
    with open(path, 'rb') as file:
        start = file.read(2)
    return bool(start) and (start != b'PK' or zipfile.is_zipfile(path))
