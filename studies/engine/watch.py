"""Time and memory of a child process while it works."""

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

from .machine import process_memory

# Seconds between two notes of the time a step has taken.
_NOTE_EVERY = 10.0


class Watch:
    """Measures the child processes; called about twice a second.

    Args:
        spent: Seconds that earlier tries of the same step took.
        keep: Called with the seconds so far, to keep them should this process be killed.
        show: Called with the child's progress.
    """

    def __init__(self, spent: float, keep: Callable, show: Callable) -> None:
        self.keep, self.show = keep, show
        self.start = self.noted = time.monotonic()
        self.spent, self.peak = spent, None
        self.cpu = _children_seconds()
        self.keep(spent)

    def __call__(self, progress: object) -> None:
        """Look at the children's memory, and show the progress."""
        peaks = [peak for child in _children() if (peak := process_memory('VmHWM', child))]
        self.peak = max([self.peak or 0, *peaks]) or None
        if time.monotonic() - self.noted > _NOTE_EVERY:
            self.note()
        self.show(progress)

    def note(self) -> None:
        """Keep the time so far."""
        self.noted = time.monotonic()
        self.keep(self._seconds())

    def measured(self) -> dict:
        """Return ``seconds``, ``cpu_seconds`` of this try, and ``peak_memory`` in bytes."""
        return dict(
            seconds=self._seconds(),
            cpu_seconds=_children_seconds() - self.cpu,
            peak_memory=self.peak,
        )

    def _seconds(self) -> float:
        return self.spent + time.monotonic() - self.start


def _children_seconds() -> float:
    """Return the processor time of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _children() -> list[str]:
    """Return the process ids of the children; none where the system is not Linux."""
    try:
        return Path(f'/proc/self/task/{os.getpid()}/children').read_text().split()
    except OSError:
        return []
