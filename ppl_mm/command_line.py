"""The command ``ppl-mm``: it lists the project's tools and runs them, from a clone or installed."""

import ast
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from .errors import UserError
from .utils.cli import run
from .utils.interrupts import end_at_once, take_interrupts
from .utils.project import tools_dir
from .utils.text import suggestion

_USAGE = """usage: ppl-mm COMMAND [OPTION ..]

Pixel masks from image-level labels. ppl-mm COMMAND --help prints the options of a command.
"""
# Folders of tools, in the order of the list, and their titles.
_GROUPS = {
    '.': 'train, export, measure',
    'dataset_converters': 'prepare data',
    'analysis_tools': 'analyse',
    'model_converters': 'convert weights',
}
# What people run first comes first.
_FIRST = ('make-masks', 'predict', 'gallery', 'pipeline')


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command, by these words or those of the process; without one, list them."""
    words = list(sys.argv[1:] if argv is None else argv)
    run(lambda: _start(words))


def _start(words: Sequence[str]) -> int | None:
    tools = find_tools()
    if not words or words[0] in ('-h', '--help', 'help'):
        print(_list(tools))
        return None
    script = tools.get(words[0].replace('_', '-').removesuffix('.py'))
    if script is None:
        hint = suggestion(words[0], tools, 'ppl-mm --help lists the commands')
        raise UserError(f'ppl-mm: unknown command {words[0]!r}; {hint}')
    sys.argv = [f'ppl-mm {words[0]}', *words[1:]]
    end_at_once()
    tool = _load(script)
    take_interrupts()
    return tool.main()


def _load(script: Path) -> ModuleType:
    """Return a tool as a module; runpy would hide what the user has typed."""
    spec = importlib.util.spec_from_file_location(script.stem, script)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def find_tools() -> dict[str, Path]:
    """Return the scripts of the project's commands by name, in the order of the list."""
    root = tools_dir()
    found = {
        path.stem.replace('_', '-'): path
        for group in _GROUPS
        for path in sorted((root / group).glob('*.py'))
    }
    return {name: found[name] for name in (*_FIRST, *found) if name in found}


def _list(tools: Mapping[str, Path]) -> str:
    """Return the list of commands, each with the first line of its help."""
    width, lines = max(map(len, tools)), [_USAGE]
    for group, title in _GROUPS.items():
        lines.append(f'{title}:')
        folder = (tools_dir() / group).resolve()
        lines += [
            f'  {name:{width}}  {_summary(path)}'
            for name, path in tools.items()
            if path.parent.resolve() == folder
        ]
        lines.append('')
    return '\n'.join(lines).rstrip()


def _summary(script: Path) -> str:
    """Return the first line of a script's docstring."""
    text = ast.get_docstring(ast.parse(script.read_text(encoding='utf-8'))) or ''
    return text.partition('\n')[0].rstrip('.')
