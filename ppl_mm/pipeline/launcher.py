"""Starts a pipeline's steps, from a fork server where there can be one."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import IO

from .forked_process import READY, ForkedProcess, read_answer
from .process import popen, start_process


class Launcher:
    """Starts processes that end with this one, even if this one is killed.

    Commands of this very Python are forked from a server that has imported
    what they need, see :mod:`.fork_server`. Others, and all where there can
    be no server, as with a GPU, are started as usual.

    Args:
        inherit (Sequence[int]): File descriptors to leave open in them.

    Examples:
        >>> with Launcher() as launcher:
        ...     status = run_process(command, log, show, launcher.start)
    """

    def __init__(self, inherit: Sequence[int] = ()) -> None:
        self.inherit = inherit
        self._server = None

    def __enter__(self) -> 'Launcher':
        return self

    def __exit__(self, *error) -> None:
        if self._server:
            self._server.kill()  # it has nothing to clear away
            self._server.communicate()

    def start(self, command: Sequence[str], output: IO[bytes]) -> subprocess.Popen | ForkedProcess:
        """Start a command.

        Args:
            command (Sequence[str]): Program and arguments.
            output (IO[bytes]): The file to add the output to.

        Returns:
            subprocess.Popen | ForkedProcess: The process.
        """
        process = self._fork(command, output) if _can_fork(command) else None
        return process or start_process(command, output, self.inherit)

    def _fork(self, command: Sequence[str], output: IO[bytes]) -> ForkedProcess | None:
        """Have the server fork it; None where the server is gone."""
        if self._server is None:
            self._start_server()
        request = json.dumps(dict(command=command[1:], log=output.name))
        try:
            self._server.stdin.write(f'{request}\n'.encode())
        except BrokenPipeError:
            return None
        pid = read_answer(self._server.stdout)
        return pid and ForkedProcess(pid, self._server.stdout)

    def _start_server(self) -> None:
        # Of an import that fails, the step's own log will tell.
        self._server = popen(
            [sys.executable, '-m', 'ppl_mm.pipeline.fork_server'],
            self.inherit,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        if read_answer(self._server.stdout) != READY:
            self._server.wait()


def _can_fork(command: Sequence[str]) -> bool:
    """Whether it is a script or a module, and the system Linux.

    Elsewhere a child cannot be made to end with its parent, and libraries
    do not bear a fork.
    """
    program, *arguments = command
    return (
        sys.platform == 'linux'
        and program == sys.executable
        and (arguments[0] == '-m' or not arguments[0].startswith('-'))
    )
