"""What the pages name is there: files, modules, classes, tests, commands."""

import re

FOLDERS = 'ppl_mm|tools|configs|benchmarks|studies|tests|requirements'
FILE = re.compile(rf'(?<![\w/])(?:{FOLDERS})/[\w./*+-]+?\.(?:py|sh|md|txt|html)\b')
DOTTED = re.compile(r'(?<![\w./])ppl_mm(?:\.\w+)+')
IMPORT = re.compile(r'^from (ppl_mm[\w.]*) import ([\w, ]+)$', re.MULTILINE)
TEST = re.compile(r'`(tests/[\w/]+\.py)::(\w+)`')
#: Pages that tell of what was: names of their time stay.
OLD = {'CHANGELOG.md'}


def test_files_are_there(pages, root):
    missing = [
        f'{page}: {name}'
        for page, text in pages.items()
        if page not in OLD
        for name in FILE.findall(text)
        if not any(root.glob(name))
    ]
    assert not missing, '\n'.join(missing)


def resolves(name, root):
    """Whether a dotted name is a module, or a word of the module before it."""
    parts = name.split('.')
    folder = root
    for i, part in enumerate(parts):
        if (folder / part).is_dir():
            folder = folder / part
        elif (folder / f'{part}.py').is_file():
            rest, text = parts[i + 1 :], (folder / f'{part}.py').read_text()
            return not rest or bool(re.search(rf'\b{rest[0]}\b', text))
        else:
            text = (folder / '__init__.py').read_text()
            return bool(re.search(rf'\b{part}\b', text))
    return True


def registered(root):
    """Names of the classes of the package, which configs call ppl_mm.X."""
    return {
        name
        for path in root.glob('ppl_mm/**/*.py')
        for name in re.findall(r'^class (\w+)', path.read_text(), re.MULTILINE)
    }


def test_modules_and_classes_are_there(pages, root):
    classes = registered(root)
    missing = []
    for page, text in pages.items():
        for name in DOTTED.findall(text) if page not in OLD else ():
            short = name.removeprefix('ppl_mm.')
            if not (short in classes or short == 'X' or resolves(name, root)):
                missing.append(f'{page}: {name}')
    assert not missing, '\n'.join(missing)


def test_what_the_examples_import_is_there(pages, root):
    imports = [
        (page, f'{module}.{name.strip()}')
        for page, text in pages.items()
        for module, names in IMPORT.findall(text)
        for name in names.split(',')
    ]
    assert len(imports) > 5
    assert not [(page, name) for page, name in imports if not resolves(name, root)]


def test_promises_name_tests_that_exist(pages, root):
    named = TEST.findall(pages['docs/reliability.md'])
    assert len(named) > 20
    for path, name in named:
        assert (root / path).is_file(), path
        assert re.search(rf'^def {name}\(', (root / path).read_text(), re.MULTILINE), (path, name)


def test_every_command_is_listed(pages, root):
    scripts = {str(path.relative_to(root)) for path in root.glob('tools/**/*.py')}
    scripts |= {f'tools/{path.name}' for path in root.glob('tools/dist_[!r]*.sh')}
    listed = set(re.findall(r'`(tools/[\w/]+\.(?:py|sh))', pages['docs/commands.md']))
    assert scripts <= listed, scripts - listed


def test_every_target_of_make_is_listed(pages, root):
    targets = re.findall(r'^([\w-]+):.*## ', (root / 'Makefile').read_text(), re.MULTILINE)
    for target in set(targets) - {'help', 'install'}:
        assert f'`make {target}`' in pages['docs/commands.md'], target


def test_a_name_that_is_gone_is_seen(root):
    assert resolves('ppl_mm.models.patch_ops.split_patches', root)
    assert resolves('ppl_mm.errors.UserError', root)
    assert not resolves('ppl_mm.models.no_such_module', root)
    assert not resolves('ppl_mm.errors.NoSuchError', root)
    assert FILE.findall('see `tools/train.py`, a/tools/x.py and configs/*/y.py') == [
        'tools/train.py',
        'configs/*/y.py',
    ]
