"""Empties the folder of a step that starts anew, of what the pipeline wrote and nothing else."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from ..errors import UserError
from ..formats import export_folder

# What the commands write besides exports: checkpoints, predictions and scores, mmengine's logs in
# a folder that is named by the time, locks, and the temporary files that killed runs leave.
_WRITTEN = re.compile(
    r'last_checkpoint|(epoch|iter|best)_[^/]+\.pth'
    r'|(predictions/)?\.lock|(thresholds|refused)\.jpg|(scores|predicted|choice)\.json|predictions/.+\.png'
    r'|(log/)?\d{8}_\d{6}/(vis_data/.+|[^/]+\.(log|json))'
    r'|(.+/)?\.[^/]+\.[a-z0-9_]{8}\.tmp',
    re.DOTALL,
)


def find_written(folder: Path, configs: Collection[str]) -> list[Path]:
    """Return the files of a step's folder that the pipeline wrote, and the folders that hold them.

    Hidden files that are not its own are left out. Links are not followed.

    What is in a folder comes before the folder. ``configs`` are the file names of the configs that
    the step has used: mmengine keeps a copy.

    Raises:
        UserError: If the folder holds anything else, or is a link to a folder that is not empty.
    """
    if not folder.is_dir():
        return []
    if folder.is_symlink():
        if any(folder.iterdir()):
            raise UserError(
                f'{folder}: is a link, and the step starts anew; empty the folder that it '
                'points to, or remove the link'
            )
        return []
    copies = {f'{place}{name}' for place in ('', 'log/') for name in configs}
    found = []
    for path in _walk(folder):
        # The maps of negatives are an export of their own, in that of the others.
        name = path.relative_to(folder).as_posix().removeprefix(f'{export_folder.NEGATIVES}/')
        if not path.is_symlink() and (path.is_dir() or name in copies or _is_written(name)):
            found.append(path)
        elif not path.name.startswith('.'):
            raise UserError(
                f'{path}: the pipeline did not write it, and the step that writes into '
                f'{folder} starts anew; move it to another folder'
            )
    return [*found, folder]


def remove(paths: Collection[Path]) -> None:
    """Remove files that :func:`find_written` found, and those folders that are empty by then."""
    for path in paths:
        if not path.is_dir():
            path.unlink(missing_ok=True)
        elif not any(path.iterdir()):
            path.rmdir()


def _is_written(name: str) -> bool:
    """Return whether a command wrote a file, by its path below the folder of the step."""
    return bool(_WRITTEN.fullmatch(name) or export_folder.FILES.fullmatch(name))


def _walk(folder: Path) -> Iterator[Path]:
    """Yield what is below a folder, deepest first; of hidden folders, only what an export keeps."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            if path.name.startswith('.') and path.name != export_folder.NEGATIVES:
                continue
            yield from _walk(path)
        yield path
