"""Runs a command on bad input, as a user would, and looks at what is told.

Each command's ``main`` runs in a forked process, whose imports are done: a
case takes a fraction of a second, and cannot disturb the next one.
"""

import gc
import importlib.util
import os
import resource
import shutil
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

import pytest
from bad_input.good_files import write_good_files
from bad_input.scenes import SCENES

from ppl_mm.utils import cli

ROOT = Path(__file__).parents[2]
COMMANDS = {
    path.stem: path
    for path in sorted((ROOT / 'tools').rglob('*.py'))
    if 'cli' in path.read_text(encoding='utf-8')
}
# Longer than any refusal takes, on a busy machine.
SECONDS = 120


# The (command, fault) pairs that were collected; a fault is a test and its parameters.
PAIRS = pytest.StashKey[set]()


def pytest_collection_modifyitems(config, items):
    pairs = config.stash.setdefault(PAIRS, set())
    for item in items:
        if item.path.parent.name == 'bad_input' and hasattr(item, 'callspec'):
            name = item.callspec.params.get('name')
            command = str(name).split()[0] if name else None
            if command in COMMANDS and item.path.name != 'test_scenes.py':
                pairs.add((command, item.name))


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


def _module(name):
    spec = importlib.util.spec_from_file_location(name, COMMANDS[name])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='session')
def modules():
    """The commands, imported once."""
    found = {name: _module(name) for name in COMMANDS}
    gc.freeze()  # a child that collects garbage would copy all memory
    return found


def _child(main, args, log, folder):
    with open(log, 'wb') as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(folder)
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.argv = [main.__module__, *map(str, args)]
    sys.stdout = open(1, 'w', closefd=False)
    sys.stderr = open(2, 'w', closefd=False)
    code = 1
    try:
        cli.run(main)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


@pytest.fixture
def command(modules, tmp_path, monkeypatch):
    """Runs a command; returns its :class:`Outcome`."""
    monkeypatch.setenv('LOCAL_RANK', '0')

    def run(name, *args):
        log = tmp_path / f'{name}_{time.monotonic_ns()}.log'
        child = os.fork()
        if not child:
            _child(modules[name].main, args, log, tmp_path)
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
