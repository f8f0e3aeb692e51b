"""How far a pipeline is, and how long it will take."""

import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from ..utils.progress import duration
from .step import Step

_LOGGED = re.compile(
    r'(Epoch|Iter)\((train|val|test)\)\s+(?:\[(\d+)\])?'
    r'\[\s*(\d+)/(\d+)\]'
)
_LOGGED_LEFT = re.compile(r'eta: (?:(\d+) days?, )?(\d+):(\d\d):(\d\d)')
_COUNTED = re.compile(r'(?:\] |: )(\d+)/(\d+)\b')
_COUNTED_LEFT = re.compile(r'ETA:\s+(\d+)s')
# Between two lines of progress where they are not drawn in place.
_SECONDS_BETWEEN_LINES = 60.0


@dataclass(frozen=True)
class Progress:
    """What a line of a command's output tells.

    Args:
        text (str): How far it is, for people.
        seconds_left (float | None): Until its end, if it says so.
    """

    text: str
    seconds_left: float | None


def parse_progress(line: str) -> Progress | None:
    """Read the progress off a line of mmengine's log or of a bar.

    Args:
        line (str): E.g. ``.. Epoch(train) [3][20/30] .. eta: 0:01:10 ..``, or
            ``[>>> ] 40/120, .. ETA:    3s``.

    Returns:
        Progress | None: None where the line tells none.
    """
    if found := _LOGGED.search(line):
        _, mode, epoch, done, total = found.groups()
        left = _LOGGED_LEFT.search(line)
        days, hours, minutes, seconds = (
            (int(part or 0) for part in left.groups()) if left else [0] * 4
        )
        text = f'epoch {epoch}, {done}/{total}' if epoch else f'{done}/{total}'
        if mode == 'val':
            return Progress(f'validating, {done}/{total}', None)
        return Progress(text, left and float(((days * 24 + hours) * 60 + minutes) * 60 + seconds))
    if found := _COUNTED.search(line):
        left = _COUNTED_LEFT.search(line)
        return Progress('/'.join(found.groups()), left and float(left[1]))
    return None


class Estimate:
    """The time left, from guesses that are scaled by what was measured.

    Args:
        steps (Sequence[Step]): Those that are to be run, with guesses.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.guess = {step.name: step.seconds for step in steps}
        self.guessed = self.measured = 0.0

    def learn(self, step: Step, seconds: float) -> None:
        """Take in how long a step took, now or in an earlier run.

        Args:
            step (Step): The step, which is done.
            seconds (float): Its time.
        """
        self.guess.pop(step.name, None)
        self.guessed += step.seconds
        self.measured += seconds

    def left(self, step: Step, passed: float, progress: Progress | None = None) -> float:
        """Seconds until the end of the last step.

        Args:
            step (Step): The one at work.
            passed (float): Seconds since its start.
            progress (Progress, optional): What it says itself.

        Returns:
            float: Seconds.
        """
        scale = self.measured / self.guessed if self.guessed else 1.0
        later = sum(seconds for name, seconds in self.guess.items() if name != step.name)
        if progress is not None and progress.seconds_left is not None:
            return later * scale + progress.seconds_left
        return later * scale + max(step.seconds * scale - passed, 0.0)


class Display:
    """Writes where the pipeline is: in place on a terminal, else in lines.

    Args:
        total (int): How many steps there are.
        out (TextIO, optional): Where to. Defaults to stdout.
    """

    def __init__(self, total: int, out: TextIO | None = None) -> None:
        self.total, self.out = total, out or sys.stdout
        self.in_place = self.out.isatty()
        self.width = 0
        self.last = 0.0

    def start(self, number: int, step: Step, left: float) -> None:
        """A step begins."""
        self.head = f'step {number} of {self.total}: {step.title}'
        self.last = time.monotonic()
        if not self.in_place:
            self._line(f'{self.head} (about {duration(left)} left in all)')

    def update(self, progress: Progress | None, passed: float, left: float) -> None:
        """It is at work."""
        parts = [duration(passed), f'about {duration(left)} left in all']
        parts[:0] = [progress.text] if progress else []
        text = f'{self.head} | {" | ".join(parts)}'
        if self.in_place:
            self._draw(text)
        elif time.monotonic() - self.last > _SECONDS_BETWEEN_LINES:
            self.last = time.monotonic()
            self._line(text)

    def done(self, seconds: float) -> None:
        """It is finished."""
        self._clear()
        self._line(f'{self.head}: done in {duration(seconds)}')

    def skip(self, number: int, step: Step) -> None:
        """It was finished by an earlier run."""
        self._line(f'step {number} of {self.total}: {step.title}: finished before')

    def stop(self) -> None:
        """Leave the terminal as it should be."""
        self._clear()

    def _draw(self, text: str) -> None:
        self.out.write('\r' + text.ljust(self.width))
        self.out.flush()
        self.width = len(text)

    def _clear(self) -> None:
        if self.in_place and self.width:
            self.out.write('\r' + ' ' * self.width + '\r')
            self.width = 0

    def _line(self, text: str) -> None:
        print(text, file=self.out, flush=True)
