"""Who may import whom: imports run downwards only, late ones included."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / 'ppl_mm'
# Each floor stands on those before it; packages of one floor are apart.
FLOORS = (
    ('errors', 'version', 'registry'),
    ('utils',),
    ('compat', 'formats'),
    ('cams',),
    ('models',),
    ('datasets', 'refine', 'evaluation', 'visualization'),
    ('engine',),
    ('apis',),
    ('data_tools', 'gallery'),
    ('pipeline',),
    ('command_line',),
)
FLOOR = {name: height for height, names in enumerate(FLOORS) for name in names}


def modules():
    return sorted(path for path in PACKAGE.rglob('*.py') if path != PACKAGE / '__init__.py')


def dotted(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix('').parts
    return parts[:-1] if parts[-1] == '__init__' else parts


def imported(path, text):
    """Dotted names below ppl_mm that a module imports, wherever in it."""
    here = path.relative_to(PACKAGE.parent).parent.parts
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split('.') for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = here[: len(here) - node.level + 1] if node.level else ()
            base = [*start, *(node.module or '').split('.')]
            base = [part for part in base if part]
            # "from . import x" names modules, "from .x import y" may.
            yield from ([*base, alias.name] for alias in node.names)


def upward(path, text):
    own = dotted(path)[1]
    for name in imported(path, text):
        if name[0] != 'ppl_mm' or len(name) < 2 or name[1] not in FLOOR:
            continue
        other = name[1]
        if other != own and FLOOR[other] >= FLOOR[own]:
            yield f'{own} -> {other}'


@pytest.mark.parametrize('path', modules(), ids=lambda path: '.'.join(dotted(path)))
def test_a_module_imports_only_what_lies_below_it(path):
    assert not set(upward(path, path.read_text()))


def test_every_package_has_its_floor():
    names = {dotted(path)[1] for path in modules()}
    assert names == set(FLOOR)


@pytest.mark.parametrize(
    'line',
    [
        'from ..refine import RefinerChain',
        'import ppl_mm.refine.chain',
        'from ppl_mm.refine.chain import RefinerChain',
        'def late():\n    from ..refine import Scores',
    ],
)
def test_an_upward_import_is_found_wherever_it_stands(line):
    assert list(upward(PACKAGE / 'models/cam_tta.py', line)) == ['models -> refine']
