import pytest

from ppl_mm.errors import UserError
from ppl_mm.utils.processes.thread_pool import map_files


@pytest.mark.parametrize('workers', [None, 0, 1, 3])
def test_each_item_comes_with_its_result(workers):
    found = map_files(str, range(5), 'test', workers)
    assert sorted(found) == [(k, str(k)) for k in range(5)]


def test_fewer_threads_than_none_is_one_line():
    with pytest.raises(UserError, match='--workers -1: give 1 or more'):
        list(map_files(str, range(5), 'test', -1))
