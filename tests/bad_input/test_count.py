"""Every command meets many faults."""

from collections import Counter
from pathlib import Path

import pytest


def test_every_command_meets_ten_faults(request, pairs, modules):
    files = {item.path.name for item in request.session.items}
    if not files >= {path.name for path in Path(__file__).parent.glob('test_*.py')}:
        pytest.skip('only a part of bad_input/ is run')
    counts = Counter(name for name, _ in pairs)
    few = {name: counts[name] for name in modules if counts[name] < 10}
    assert not few
    assert len(pairs) >= 250
