"""Who may import whom, how long things may be, and what is typed and documented."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / 'ppl_mm'
SHIPPED = ('ppl_mm', 'tools', 'benchmarks', 'studies')
# A function is counted without its docstring.
MODULE_LINES, CLASS_LINES, FUNCTION_LINES = 300, 200, 50
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


def parsed(*folders):
    """Path and syntax tree of every module of some folders of the project."""
    for folder in folders:
        for path in sorted((PACKAGE.parent / folder).rglob('*.py')):
            yield path.relative_to(PACKAGE.parent), ast.parse(path.read_text())


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def public_functions(tree):
    """Functions and methods that others may call; those inside of functions are not."""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    bodies = [tree.body, *(node.body for node in classes)]
    return [
        node
        for body in bodies
        for node in body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith('_')
    ]


def length(function):
    """Lines of a function without its docstring."""
    first = function.body[0]
    documented = ast.get_docstring(function) is not None
    return (
        function.end_lineno
        - function.lineno
        + 1
        - documented * (first.end_lineno - first.lineno + 1)
    )


def is_typed(function):
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return function.returns is not None and all(
        argument.annotation for argument in named if argument.arg not in ('self', 'cls')
    )


def test_no_module_is_long():
    sizes = {
        path.as_posix(): len((PACKAGE.parent / path).read_text().splitlines())
        for path, _ in parsed(*SHIPPED, 'tests')
    }
    assert {path: size for path, size in sizes.items() if size > MODULE_LINES} == {}


def test_no_class_is_long():
    assert [
        f'{path}:{node.name}'
        for path, tree in parsed(*SHIPPED)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.end_lineno - node.lineno >= CLASS_LINES
    ] == []


def test_no_function_is_long():
    assert [
        f'{path}:{function.name}'
        for path, tree in parsed(*SHIPPED, 'tests')
        for function in functions(tree)
        if length(function) > FUNCTION_LINES
    ] == []


def test_public_functions_are_typed_and_documented():
    assert [
        f'{path}:{function.name}'
        for path, tree in parsed(*SHIPPED)
        for function in public_functions(tree)
        if not (is_typed(function) and ast.get_docstring(function))
    ] == []


def test_no_docstring_only_points_elsewhere():
    assert [
        f'{path}:{node.name}'
        for path, tree in parsed(*SHIPPED)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and (ast.get_docstring(node) or '').startswith('See the ')
    ] == []


def test_lengths_leave_out_the_docstring():
    (function,) = functions(ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    return 1\n'))
    assert length(function) == 2


def test_docstrings_do_not_repeat_annotated_types():
    repeated = re.compile(r'^ +\*{0,2}(\w+) \(.+\): ', re.MULTILINE)
    assert [
        f'{path}:{function.name}: {name}'
        for path, tree in parsed('ppl_mm', 'tools')
        for function in public_functions(tree)
        for name in repeated.findall(ast.get_docstring(function) or '')
        if name in {argument.arg for argument in function.args.args if argument.annotation}
    ] == []
