from itertools import pairwise

import pytest

from ppl_mm.utils.spread import spread


@pytest.mark.parametrize('count', [0, 1, 5])
def test_few_items_are_all_kept(count):
    assert spread(range(count), 5) == list(range(count))


@pytest.mark.parametrize('most', [2, 7, 99])
def test_items_lie_at_equal_distances_from_end_to_end(most):
    chosen = spread(range(1000), most)
    assert len(chosen) == most and chosen[0] == 0 and chosen[-1] == 999
    steps = [after - before for before, after in pairwise(chosen)]
    assert max(steps) - min(steps) <= 1


def test_the_only_one_is_the_first():
    assert spread('abc', 1) == ['a']
