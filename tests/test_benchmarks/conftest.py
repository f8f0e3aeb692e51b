import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / 'benchmarks'))

from study_plan import DataSet, Row  # noqa: E402


@pytest.fixture
def data(demo_root):
    return dict(
        tiny=DataSet(
            root=str(demo_root), masked='train', val='val', epochs=dict(screen=1, half=2, final=4)
        )
    )


@pytest.fixture
def row(tiny_config):
    def make(name='plain', config=tiny_config, **changes):
        return Row(name, 'tiny', str(config), 'plain CAM', **changes)

    return make
