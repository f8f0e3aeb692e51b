"""Threads for work on many files: reading, decoding and hashing them."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from ...errors import UserError
from ..progress import track
from .worker_pool import default_workers

T = TypeVar('T')
R = TypeVar('R')


def map_files(
    function: Callable[[T], R], items: Sequence[T], what: str, workers: int | None = None
) -> Iterator[tuple[T, R]]:
    """Apply a function to many items in threads, with a bar; without ``workers`` one for each CPU.

    Pillow and hashlib let other threads run while they work, and a thread, unlike a process, has
    nothing to import.

    Yields:
        Item and result, as they are finished.

    Raises:
        UserError: If ``workers`` is negative.
    """
    if workers is not None and workers < 0:
        raise UserError(
            f'--workers {workers}: give 1 or more, or leave it out for one for each CPU'
        )
    with ThreadPoolExecutor(workers or default_workers()) as pool:
        futures = {pool.submit(function, item): item for item in items}
        try:
            for future in track(as_completed(futures), what, total=len(futures)):
                yield futures.pop(future), future.result()
        finally:  # an error or Ctrl-C waits for what is at work only
            pool.shutdown(wait=False, cancel_futures=True)
