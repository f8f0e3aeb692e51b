"""What happens when somebody imports a module."""

import importlib.abc
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from ..errors import UserError

# Takes a module, whose attributes only the library's version tells.
Action = Callable[[Any], None]


class AtImport(importlib.abc.MetaPathFinder):
    """Call a function right before or after a module is executed.

    Args:
        before: Full module name -> function of the module, or of None, once, where there is no
            such module.
        after: The same; a module that is imported already gets its call now.
    """

    def __init__(self, before: dict[str, Action], after: dict[str, Action]):
        self.before, self.after = before, after
        for name in after:
            if name in sys.modules:
                after[name](sys.modules[name])

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module comes from; its execution calls the functions."""
        if fullname not in self.before and fullname not in self.after:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        specs = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and spec.loader is not None:
            self._extend(spec.loader, fullname)
        elif spec is None:  # it may be known why; asked once, as it looks too
            self.before.pop(fullname, _nothing)(None)
        return spec

    def _extend(self, loader: importlib.abc.Loader, name: str) -> None:
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            """Execute a module between the two calls."""
            self.before.get(name, _nothing)(module)
            execute(module)
            self.after.get(name, _nothing)(module)

        # On the instance: the loader stays of its class, which inspect needs.
        vars(loader)['exec_module'] = exec_module


def _nothing(module: Any) -> None:
    pass


class CompiledOpsFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Provide a stand-in for ``mmcv._ext`` where nobody else has one.

    mmseg imports compiled operators that most of its models never call, so that it dies at import
    under mmcv-lite: open-mmlab/mmsegmentation#871. Last in ``sys.meta_path``, this never hides
    compiled operators.
    """

    name = 'mmcv._ext'

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return itself as the loader of ``mmcv._ext``, else None."""
        if fullname != self.name:
            return None
        return ModuleSpec(fullname, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the stand-in."""
        return _CompiledOpsStandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the stand-in is complete."""


class _CompiledOpsStandIn(ModuleType):
    """Provide every operator by name; each says why it cannot run."""

    def get_compiler_version(self) -> str:
        """Return what mmengine's ``collect_env`` prints."""
        return 'n/a'

    get_compiling_cuda_version = get_compiler_version

    def __getattr__(self, name: str) -> Callable:
        if name.startswith('__'):
            raise AttributeError(name)

        def operator(*args: Any, **kwargs: Any) -> None:
            """Say that there is no such operator."""
            raise UserError(
                f'the compiled operator {name} is not in mmcv-lite: choose a '
                'model without it, or install the full mmcv: pip uninstall '
                '-y mmcv-lite && pip install "mmcv>=2.0.0,<2.2.0"'
            )

        operator.__name__ = name
        return operator
