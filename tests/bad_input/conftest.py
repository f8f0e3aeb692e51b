"""Runs a command on bad input, as a user would, and looks at what is told."""

import gc
import os
import shutil
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest
from bad_input.good_files import write_good_files
from bad_input.scenes import SCENES
from forked_commands import COMMANDS, become, import_types, module_of, status_of

ROOT = Path(__file__).parents[2]
# Longer than any refusal takes, on a busy machine.
SECONDS = 120


# The (command, fault) pairs that were collected; a fault is a test and its parameters.
PAIRS = pytest.StashKey[set]()


# Of a table with more rows, all but every fifth are slow: five divides none of the numbers of
# faults, so each command meets some, and each fault some commands.
FEW, STEP = 60, 5


@pytest.hookimpl(tryfirst=True)  # before slow ones are left out
def pytest_collection_modifyitems(config, items):
    rows = defaultdict(list)
    pairs = config.stash.setdefault(PAIRS, set())
    for item in items:
        if item.path.parent.name == 'bad_input' and hasattr(item, 'callspec'):
            rows[item.path, item.originalname].append(item)
            mark = item.get_closest_marker('command')
            name = mark.args[0] if mark else item.callspec.params.get('name')
            command = str(name).split()[0] if name else None
            if command in COMMANDS and item.path.name != 'test_scenes.py':
                pairs.add((command, item.name))
    for table in rows.values():
        for number, item in enumerate(table):
            if len(table) > FEW and number % STEP:
                item.add_marker(pytest.mark.slow)


@pytest.fixture
def pairs(request):
    """The pairs of this run."""
    return request.config.stash[PAIRS]


@dataclass
class Outcome:
    """How a command ended: its status and what it printed."""

    code: int
    output: str

    @property
    def errors(self) -> list[str]:
        return [line for line in self.output.splitlines() if 'error: ' in line]


@pytest.fixture(scope='session')
def modules():
    """The commands, imported once."""
    found = {name: module_of(name) for name in COMMANDS}
    import_types()
    gc.freeze()  # a child that collects garbage would copy all memory
    return found


@pytest.fixture
def command(modules, tmp_path, monkeypatch):
    """Runs a command; returns its :class:`Outcome`."""
    monkeypatch.setenv('LOCAL_RANK', '0')

    def run(name, *args):
        log = tmp_path / f'{name}_{time.monotonic_ns()}.log'
        child = os.fork()
        if not child:
            with open(log, 'wb') as file:
                become([name, *args], tmp_path, SECONDS, file.fileno(), file.fileno())
            os._exit(status_of(modules[name].main))
        _, status = os.waitpid(child, 0)
        output = log.read_text(errors='replace')
        assert not os.WIFSIGNALED(status), f'{name} hung or crashed ({status})\n{output}'
        return Outcome(os.WEXITSTATUS(status), output)

    return run


@pytest.fixture
def refuses(command):
    """Runs a command that must end with status 2 and one line; returns the line."""

    def run(name, *args):
        done = command(name, *args)
        assert 'Traceback' not in done.output, done.output
        assert done.code == 2, done.output
        assert len(done.errors) == 1, done.output
        return done.errors[0]

    return run


@pytest.fixture(scope='session')
def good_files(demo_root, tiny_config, trained, tmp_path_factory):
    """The folder that every scene is a copy of."""
    root = tmp_path_factory.mktemp('good')
    write_good_files(root, demo_root, tiny_config, trained)
    return root


@pytest.fixture
def folder(good_files, tmp_path):
    """A copy of the good files, free to be broken; commands run in it."""
    shutil.copytree(good_files, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def play(command, folder):
    """Runs a scene, with more arguments if one likes; returns its :class:`Outcome`."""

    def run(name, *more):
        scene = SCENES[name]
        return command(scene.command, *scene.args.split(), *more)

    return run
