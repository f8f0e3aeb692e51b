"""Worker processes for work on many items, in bounded memory."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, as_completed, wait
from concurrent.futures.process import BrokenProcessPool
from functools import cache, partial

from ...errors import UserError

# Items that are handed out before their results are taken, for each worker:
# one at work and one that waits for it.
_IN_FLIGHT = 2
# Makes what a worker does, at its first item: an error at the start would only break the pool.
_made: Callable[[], Callable]


class WorkerPool:
    """Does the same to many items, in processes of its own.

    Args:
        make: Called once in each process with ``args``; returns the function that is applied to
            the items. Both are sent to new processes, so they stand at the top of a module.
        args: Arguments of ``make``. Defaults to ().
        workers: How many processes; 0 or 1 for none but this one, as suits a GPU. Defaults to 0.

    Examples:
        >>> with WorkerPool(partial, (max, 0)) as pool:  # calls max(0, item)
        ...     print(list(pool.map([-1, 5])))
        [0, 5]
    """

    def __init__(self, make: Callable[..., Callable], args: tuple = (), workers: int = 0) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None
        if workers < 2:
            self._work = make(*args)
            return
        # Numerical libraries read it when a worker imports them.
        os.environ.setdefault('OMP_NUM_THREADS', '1')
        self._pool = ProcessPoolExecutor(
            workers, multiprocessing.get_context('spawn'), _start_worker, (make, args)
        )

    def __enter__(self) -> 'WorkerPool':
        return self

    def __exit__(self, *error) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def map(self, items: Iterable) -> Iterator:
        """Apply the function to each item; yield the results as they come, in no order.

        Args:
            items: Small things, such as names of images; they are taken only as workers become
                free.

        Raises:
            UserError: If a worker was ended from outside.
        """
        if not self._pool:
            yield from map(self._work, items)
            return
        try:
            yield from self._map(self._pool, items)
        except BrokenProcessPool as error:
            raise UserError(
                'a worker process was ended from outside, most often for want of memory; run the '
                f'same command again with fewer --workers (it had {self.workers})'
            ) from error

    def _map(self, pool: ProcessPoolExecutor, items: Iterable) -> Iterator:
        pending = set()
        for item in items:
            pending.add(pool.submit(_apply, item))
            if len(pending) == _IN_FLIGHT * self.workers:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        for future in as_completed(pending):
            yield future.result()


def default_workers() -> int:
    """Return the CPUs of this process's share of the machine, 1 or more."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1
    return max(1, cpus // int(os.environ.get('LOCAL_WORLD_SIZE', 1)))


def _start_worker(make: Callable[..., Callable], args: tuple) -> None:
    """Prepare a new process."""
    global _made
    # Ctrl-C reaches every process: the parent alone says so.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    # Imported by now if ``make`` needs it; not all work does.
    if 'torch' in sys.modules:
        sys.modules['torch'].set_num_threads(1)
    _made = cache(partial(make, *args))


def end_with_parent() -> None:
    """End this process when the one that started it ends, in a thread.

    Else a worker would wait forever for work, or write where the next run is at work.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _apply(item):
    return _made()(item)
