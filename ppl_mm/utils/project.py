"""The project's commands and configs: in a clone, or in the installed package."""

import os
from pathlib import Path

from ..errors import UserError

_PACKAGE = Path(__file__).resolve().parents[1]


def project_root() -> Path:
    """Return the folder that holds ``tools`` and ``configs``.

    Raises:
        UserError: If the package was installed without them.
    """
    # setup.py puts them into the package that it builds; see BuildWithMim there.
    for root in (_PACKAGE / '.mim', _PACKAGE.parent):
        if (root / 'tools').is_dir() and (root / 'configs').is_dir():
            return root
    raise UserError(
        f'{_PACKAGE}: installed without its tools and configs; install the wheel, or run from a '
        'clone'
    )


def find_config(path: str | os.PathLike) -> Path:
    """Return a config by its path, or by its name in the project: ``configs/own/pipeline.py``.

    A file below the current folder comes first. Where there is none, the path is returned as it is.
    """
    path = Path(path)
    if path.is_file() or path.parts[:1] != ('configs',) or '..' in path.parts:
        return path
    try:
        shipped = project_root() / path
    except UserError:
        return path
    return shipped if shipped.is_file() else path


def command_line(tool: str) -> str:
    """Return how a user types one of the project's commands."""
    if project_root() == _PACKAGE / '.mim':
        return f'ppl-mm {tool.replace("_", "-")}'
    return f'python tools/{tool}.py'


def tools_dir() -> Path:
    """Return the folder of the project's commands."""
    return project_root() / 'tools'
