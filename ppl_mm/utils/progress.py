"""A bar with the time left, for work outside a Runner's loops."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import track as rich_track

T = TypeVar('T')


def track(
    items: Iterable[T], what: str, show: bool = True, total: int | None = None
) -> Iterator[T]:
    """Go through items, with a bar on stderr that tells the time left.

    Where stderr is not a terminal, only the finished bar is printed, so that a
    log stays readable.

    Args:
        items (Iterable): What to go through.
        what (str): What is done, before the bar.
        show (bool): Whether there is a bar. Defaults to True.
        total (int, optional): How many there are, where they have no length.

    Yields:
        The items, in order.
    """
    yield from rich_track(items, what, total, console=Console(stderr=True), disable=not show)


def duration(seconds: float) -> str:
    """Seconds as people read them, e.g. 4:05 or 1:04:05."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f'{hours}:{minutes:02}:{seconds:02}'
    return f'{minutes}:{seconds:02}'
