import pytest
from test_evaluation.cam_samples import make_samples


@pytest.fixture
def samples(tmp_path):
    return make_samples(tmp_path)
