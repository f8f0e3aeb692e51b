import pytest

from ppl_mm.apis import CAMInferencer


@pytest.fixture(scope='session')
def checkpoint(trained):
    """The work folder of a classifier after an epoch."""
    return str(trained.parent)


@pytest.fixture
def infer(tiny_config, checkpoint):
    return CAMInferencer(str(tiny_config), checkpoint, device='cpu')


@pytest.fixture
def photos(demo_root):
    return sorted(str(path) for path in (demo_root / 'JPEGImages').glob('val_*'))
