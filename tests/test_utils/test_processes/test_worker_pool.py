import importlib
import os
import sys

import pytest

from ppl_mm.errors import UserError
from ppl_mm.utils.processes.worker_pool import WorkerPool, default_workers

# A module that new processes can import, which no test file is.
WORK = """
import os
import signal

from ppl_mm.errors import UserError


def make_adder(start):
    made_in = os.getpid()

    def add(item):
        if item == 'die':
            os.kill(os.getpid(), signal.SIGKILL)
        if item < 0:
            raise UserError(f'{item} is below 0')
        return start + item, made_in == os.getpid(), os.getpid()

    return add


def make_nothing():
    raise UserError('cannot be made')
"""


@pytest.fixture
def work(tmp_path, monkeypatch):
    (tmp_path / 'pool_work.py').write_text(WORK)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module('pool_work')
    del sys.modules['pool_work']


class Counted:
    """Numbers, which remember how many were taken."""

    def __init__(self, count):
        self.count, self.taken = count, 0

    def __iter__(self):
        for item in range(self.count):
            self.taken += 1
            yield item


def test_none_but_this_process(work):
    with WorkerPool(work.make_adder, (10,), 1) as pool:
        results = list(pool.map(range(3)))
    assert results == [(10 + k, True, os.getpid()) for k in range(3)]


@pytest.mark.slow
def test_two_processes(work):
    items = Counted(40)
    with WorkerPool(work.make_adder, (10,), 2) as pool:
        results = []
        for result in pool.map(items):
            results.append(result)
            # However many items there are, few are at work.
            assert items.taken <= len(results) + 4
        # The same processes go on.
        results += pool.map(range(40, 50))
        with pytest.raises(UserError, match='-1 is below 0'):
            list(pool.map([1, -1, 2]))
        assert [r[0] for r in pool.map([5])] == [15]  # an error ends nothing
        with pytest.raises(UserError, match='ended from outside.*fewer'):
            list(pool.map([1, 'die', 2, 3, 4, 5, 6]))
    assert sorted(value for value, _, _ in results) == [10 + k for k in range(50)]
    assert all(made_here for _, made_here, _ in results)
    pids = {pid for _, _, pid in results}
    assert len(pids) <= 2 and os.getpid() not in pids
    with WorkerPool(work.make_nothing, (), 2) as pool:
        with pytest.raises(UserError, match='cannot be made'):
            list(pool.map([1]))


def test_processes_on_one_machine_share_its_cpus(monkeypatch):
    monkeypatch.delenv('LOCAL_WORLD_SIZE', raising=False)
    alone = default_workers()
    assert 1 <= alone <= os.cpu_count()
    monkeypatch.setenv('LOCAL_WORLD_SIZE', '1000')
    assert default_workers() == 1
