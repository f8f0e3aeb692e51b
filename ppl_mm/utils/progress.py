"""A bar with the time left, for work outside a Runner's loops."""

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

from rich.console import Console
from rich.progress import track as rich_track

T = TypeVar('T')
_SECONDS_BETWEEN_LINES = 5.0


def track(
    items: Iterable[T], what: str, show: bool = True, total: int | None = None
) -> Iterator[T]:
    """Go through items, in order, with a bar on stderr that tells the time left.

    Where stderr is not a terminal, a line every five seconds takes the place of the bar.

    Args:
        items: What to go through.
        what: What is done, before the bar.
        show: Whether there is a bar. Defaults to True.
        total: How many there are, where they have no length.
    """
    console = Console(stderr=True)
    total = len(items) if total is None and isinstance(items, Sized) else total
    show = show and total != 0
    if show and total and not console.is_terminal:
        items = _with_lines(items, what, total)
    yield from rich_track(items, what, total, console=console, disable=not show)


def _with_lines(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """Go through items, with a line now and then that tells the time left."""
    start = last = time.monotonic()
    for done, item in enumerate(items):
        now = time.monotonic()
        if done and now - last >= _SECONDS_BETWEEN_LINES:
            left = (now - start) / done * (total - done)
            print(f'{what}: {done}/{total}, ETA: {left:.0f}s', file=sys.stderr, flush=True)
            last = now
        yield item


def duration(seconds: float) -> str:
    """Seconds as people read them, e.g. 4:05 or 1:04:05."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f'{hours}:{minutes:02}:{seconds:02}'
    return f'{minutes}:{seconds:02}'
