"""Means, spreads and gains of the studies' tables."""

import numpy as np
import pytest

from studies.report.columns import percent, points
from studies.report.groups import mean, spread

VALUES = [0.412, 0.4375, 0.399, 0.4281]


def test_mean_and_spread():
    assert mean(VALUES) == pytest.approx(np.mean(VALUES))
    assert spread(VALUES) == pytest.approx(np.std(VALUES, ddof=1))
    assert spread(VALUES[:1]) is None and mean([]) is None


@pytest.mark.parametrize('number', [2, 3, 4])
def test_a_mean_and_its_spread_as_printed(number):
    values = 100 * np.array(VALUES[:number])
    assert percent(VALUES[:number]) == f'{values.mean():.1f} ± {values.std(ddof=1):.1f}'
    gains = dict(enumerate(np.array(VALUES[:number]) - 0.4))
    values = 100 * np.array(list(gains.values()))
    assert points(gains) == f'{values.mean():+.1f} ± {values.std(ddof=1):.1f}'
