"""Runs commands in forked processes that are killed at a step of their work on files."""

import os
import resource
import signal
import sys
from pathlib import Path

import pytest
from forked_commands import COMMANDS, become, import_types, module_of, status_of

# Longer than any of them takes, on a busy machine.
_SECONDS = 300
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = {'os.rename', 'os.remove', 'os.mkdir', 'os.rmdir', 'os.link', 'os.symlink'}


def _is_inside(path: object, folder: Path) -> bool:
    """Whether a path, or an open file, is one that the command works on."""
    if isinstance(path, int):
        return True
    return isinstance(path, str | bytes | os.PathLike) and (
        Path(os.path.abspath(os.fsdecode(path))).is_relative_to(folder)
    )


class Steps:
    """Counts the steps at which files change; ends its process group before one of them."""

    def __init__(self, folder: Path, last: int | None) -> None:
        self.folder, self.last, self.count = folder, last, 0
        self.process = os.getpid()
        sys.addaudithook(self._hook)

    def _hook(self, event: str, args: tuple) -> None:
        writes = event == 'open' and isinstance(args[2], int) and bool(args[2] & _WRITES)
        if not (writes or event in _CHANGES) or os.getpid() != self.process:
            return
        if _is_inside(args[0], self.folder):
            self.count += 1
            if self.count == self.last:
                os.killpg(0, signal.SIGKILL)


def _child(main, args, folder: Path, last: int | None, limit: int | None, pipes: tuple) -> None:
    answer, output = pipes
    os.setpgid(0, 0)
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    become([main.__module__, *args], folder, _SECONDS, output, output)
    steps = Steps(folder, last)
    code = status_of(main)
    os.write(answer, str(steps.count).encode())
    os._exit(code)


@pytest.fixture(scope='session')
def commands():
    """The paths of the commands in tools/, by name."""
    return COMMANDS


@pytest.fixture(scope='session')
def run_command():
    """Runs a command in a folder; returns its status, its steps and what it printed.

    ``last`` is the step before which it is killed; ``limit`` the bytes that a
    file can take, as if the disk were full then.
    """
    modules = {}

    def run(name, args, folder, last=None, limit=None):
        if not modules:
            import_types()
        if name not in modules:
            modules[name] = module_of(name)
        (answer, answers), (output, outputs) = os.pipe(), os.pipe()
        child = os.fork()
        if not child:
            _child(modules[name].main, args, folder, last, limit, (answers, outputs))
        os.close(answers)
        os.close(outputs)
        with open(output, errors='replace') as file:
            printed = file.read()
        with open(answer) as file:
            steps = int(file.read() or 0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), steps, printed

    return run
