"""Progress of a pipeline and of its steps, and the time left."""

import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TextIO

from ..utils.progress import duration
from .step import Step

_LOGGED = re.compile(
    r'(?:Epoch|Iter)\((train|val|test)\)\s+(?:\[(\d+)\])?'
    r'\[\s*(\d+)/(\d+)\]'
)
_LOGGED_LEFT = re.compile(r'eta: (?:(\d+) days?, )?(\d+):(\d\d):(\d\d)')
_COUNTED = re.compile(r'(?:\] |: )(\d+)/(\d+)\b')
_COUNTED_LEFT = re.compile(r'ETA:\s+(\d+)s')
# What ppl_mm.ProgressiveStageHook logs.
_STAGE = re.compile(r'\bStage (\d+ of \d+.*)')
# Between two lines of progress where they are not drawn in place.
_SECONDS_BETWEEN_LINES = 60.0


@dataclass(frozen=True)
class Progress:
    """What the output of a command says about its progress.

    Args:
        text: How far it is, for people.
        seconds_left: Until its end, if it says so.
        stage: The stage of a training that has several, e.g. '2 of 3'.
    """

    text: str
    seconds_left: float | None
    stage: str = ''


def parse_progress(line: str) -> Progress | None:
    """Return the progress in a line of mmengine's log or of a bar, None where there is none.

    Args:
        line: E.g. ``.. Epoch(train) [3][20/30] .. eta: 0:01:10 ..``, or
            ``[>>> ] 40/120, .. ETA:    3s``.
    """
    if found := _LOGGED.search(line):
        mode, epoch, done, total = found.groups()
        if mode == 'val':
            return Progress(f'validating, {done}/{total}', None)
        text = f'epoch {epoch}, step {done}/{total}' if epoch else f'{done}/{total}'
        return Progress(text, _logged_left(line))
    if found := _COUNTED.search(line):
        left = _COUNTED_LEFT.search(line)
        return Progress('/'.join(found.groups()), left and float(left[1]))
    return None


def _logged_left(line: str) -> float | None:
    """Return the seconds left that a line of mmengine's log tells, None where it does not."""
    found = _LOGGED_LEFT.search(line)
    if not found:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days, seconds, minutes=minutes, hours=hours).total_seconds()


def parse_stage(line: str) -> str:
    """Return the stage that begins in a line of a training's log, '' where none does."""
    found = _STAGE.search(line)
    return found[1] if found else ''


class Estimate:
    """Estimates the time left from guesses, which measured times scale.

    Args:
        steps: Those that are to be run, with guesses.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.guess = {step.name: step.seconds for step in steps}
        self.guessed = self.measured = 0.0

    def learn(self, step: Step, seconds: float) -> None:
        """Use the time that a finished step took, now or in an earlier run."""
        self.guess.pop(step.name, None)
        self.guessed += step.seconds
        self.measured += seconds

    def of(self, step: Step) -> float:
        """Return the seconds that a step is going to take."""
        return step.seconds * self._scale()

    def _scale(self, guessed: float = 0.0, measured: float = 0.0) -> float:
        """Return what guesses are multiplied by, with a part of the step at work."""
        guessed, measured = self.guessed + guessed, self.measured + measured
        return measured / guessed if guessed else 1.0

    def left(self, step: Step, passed: float, progress: Progress | None = None) -> float:
        """Return the seconds until the end of the last step.

        Args:
            step: The one at work; how fast it is says how fast later ones are.
            passed: Seconds since its start.
            progress: What its output says.
        """
        later = sum(seconds for name, seconds in self.guess.items() if name != step.name)
        if progress is None or progress.seconds_left is None:
            scale = self._scale()
            return later * scale + max(step.seconds * scale - passed, 0.0)
        left = progress.seconds_left
        done = passed / (passed + left) if passed else 0.0
        return later * self._scale(done * step.seconds, passed) + left


class Display:
    """Shows where the pipeline is: in place on a terminal, else in lines.

    Args:
        total: How many steps there are.
        out: Where to write. Defaults to stdout.
    """

    def __init__(self, total: int, out: TextIO | None = None) -> None:
        self.total, self.out = total, out or sys.stdout
        self.in_place = self.out.isatty()
        self.width = self.skipped = 0
        self.last = 0.0

    def start(self, number: int, step: Step, left: float) -> None:
        """Show that a step begins."""
        self.tell_skipped()
        self.head = f'step {number} of {self.total}: {step.title}'
        self.stage = ''
        self.last = time.monotonic()
        if not self.in_place:
            self._line(f'{self.head} (about {duration(left)} left in all)')

    def update(self, progress: Progress | None, passed: float, left: float) -> None:
        """Show how far the step is; a new stage has a line of its own."""
        if progress and progress.stage != self.stage:
            self.stage = progress.stage
            self.clear()
            self._line(f'{self.head}: stage {self.stage}')
        parts = [duration(passed), f'about {duration(left)} left in all']
        parts[:0] = [progress.text] if progress else []
        text = f'{self.head} | {" | ".join(parts)}'
        if self.in_place:
            self._draw(text)
        elif time.monotonic() - self.last > _SECONDS_BETWEEN_LINES:
            self.last = time.monotonic()
            self._line(text)

    def done(self, seconds: float, warnings: Sequence[str] = ()) -> None:
        """Show that the step is finished, and what it has warned about."""
        self.clear()
        self._line(f'{self.head}: done in {duration(seconds)}')
        for line in warnings:
            self._line(f'  {line}')

    def skip(self) -> None:
        """Count a step that an earlier run finished."""
        self.skipped += 1

    def tell_skipped(self) -> None:
        """Show how many steps earlier runs finished, since it was last shown."""
        if self.skipped:
            self._line(f'{self.skipped} of {self.total} steps finished before')
            self.skipped = 0

    def clear(self) -> None:
        """Remove the line that is drawn in place."""
        if self.in_place and self.width:
            self.out.write('\r' + ' ' * self.width + '\r')
            self.width = 0

    def _draw(self, text: str) -> None:
        self.out.write('\r' + text.ljust(self.width))
        self.out.flush()
        self.width = len(text)

    def _line(self, text: str) -> None:
        print(text, file=self.out, flush=True)
