"""Names of a package that are imported when they are asked for."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def lazy_exports(
    package: str, modules: Mapping[str, Sequence[str]]
) -> tuple[list[str], Callable, Callable]:
    """Return what an ``__init__.py`` needs to export names without importing them.

    A converter of a data set takes a module or two that need NumPy alone; torch and mmseg, which
    the package's other modules import, would be most of its time.

    Args:
        package: ``__name__`` of the package.
        modules: Its modules, and the names that are exported of each.

    Returns:
        ``__all__``, ``__getattr__`` (PEP 562) and ``__dir__``.
    """
    homes = {name: module for module, names in modules.items() for name in names}

    def get(name: str) -> Any:
        """Import a name."""
        if name not in homes:
            raise AttributeError(f'module {package!r} has no attribute {name!r}')
        value = getattr(import_module(f'{package}.{homes[name]}'), name)
        setattr(sys.modules[package], name, value)
        return value

    return sorted(homes), get, lambda: sorted({*homes, *vars(sys.modules[package])})
