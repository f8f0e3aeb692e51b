"""Values of a pipeline config: keys that are known, configs that exist."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..errors import UserError
from ..utils.text import suggestion


def check_known(where: str, given: Iterable[str], known: Sequence[str]) -> None:
    """Refuse keys that are unknown; the line says where they stand, and names a similar one."""
    for key in given:
        if key not in known:
            raise UserError(f'{where}: unknown key {key}; {suggestion(key, known)}')


def config_beside(path: Path, key: str, name: object) -> Path:
    """Return the path of a config that the one at ``path`` names, relative to its folder.

    Raises:
        UserError: If it is not the path of a file.
    """
    if not isinstance(name, str):
        raise UserError(f'{path}: {key}={name!r} must name a config')
    found = path.parent / name
    if not found.is_file():
        raise UserError(
            f'{path}: {key}: no such config {found}; give its path as seen from the pipeline config'
        )
    return found


def configs_beside(path: Path, key: str, names: object) -> tuple[Path, ...]:
    """Return the paths of one config or several, in order; see :func:`config_beside`."""
    listed = list(names) if isinstance(names, list | tuple) else [names]
    return tuple(config_beside(path, key, name) for name in listed)
