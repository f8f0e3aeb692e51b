"""A process that is the child of a fork server, and how that tells of it."""

import os
import select
import signal
import struct
import subprocess
from io import RawIOBase

#: The first answer of a server, when it can take requests.
READY = 0
_ANSWER = struct.Struct('=i')


def send_answer(file: int, number: int) -> None:
    """Write an answer.

    Args:
        file (int): Descriptor of a pipe.
        number (int): A process id, or an exit status.
    """
    os.write(file, _ANSWER.pack(number))


def read_answer(stream: RawIOBase) -> int | None:
    """Wait for an answer, and read it.

    Args:
        stream (RawIOBase): The other end of the pipe, unbuffered: what a
            buffer holds could not be waited for.

    Returns:
        int | None: The number; None where the server is gone.
    """
    answer = stream.read(_ANSWER.size)
    return _ANSWER.unpack(answer)[0] if answer else None


class ForkedProcess:
    """Has what is used of ``subprocess.Popen``, for a child of a server.

    Args:
        pid (int): Its process id.
        answers (RawIOBase): Where the server tells its exit status.
    """

    def __init__(self, pid: int, answers: RawIOBase) -> None:
        self.pid, self.answers = pid, answers
        self.returncode = None

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        try:
            return self.wait(timeout=0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Args:
            timeout (float, optional): Seconds. Defaults to None: any.

        Returns:
            int: Its exit status.

        Raises:
            subprocess.TimeoutExpired: If it is still running then.
        """
        if self.returncode is None:
            if not select.select([self.answers], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f'process {self.pid}', timeout)
            status = read_answer(self.answers)
            # It has ended with the server, see end_with_parent.
            self.returncode = -signal.SIGKILL if status is None else status
        return self.returncode

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass  # it has just ended
