"""Values of a pipeline config: keys that are known, configs that exist."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..errors import UserError
from ..utils.text import suggestion


def check_known(where: str, given: Iterable[str], known: Sequence[str]) -> None:
    """Refuse keys that have no meaning.

    Args:
        where: The config, and the part of it, for the message.
        given: The keys.
        known: Those that have one.

    Raises:
        UserError: If a key is unknown; the line names one that is similar.
    """
    for key in given:
        if key not in known:
            raise UserError(f'{where}: unknown key {key}; {suggestion(key, known)}')


def config_beside(path: Path, key: str, name: object) -> Path:
    """Return the path of a config that another one names.

    Args:
        path: The config that names it; the path is relative to its folder.
        key: The setting, for the message.
        name: Its value.

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
