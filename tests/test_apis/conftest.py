import pytest
from mmengine.config import Config
from mmengine.runner import Runner

from ppl_mm.apis import CAMInferencer


@pytest.fixture(scope='session')
def checkpoint(tiny_config, tmp_path_factory):
    """A classifier after an epoch."""
    cfg = Config.fromfile(tiny_config)
    cfg.work_dir = str(tmp_path_factory.mktemp('work'))
    Runner.from_cfg(cfg).train()
    return cfg.work_dir


@pytest.fixture
def infer(tiny_config, checkpoint):
    return CAMInferencer(str(tiny_config), checkpoint, device='cpu')


@pytest.fixture
def photos(demo_root):
    return sorted(str(path) for path in (demo_root / 'JPEGImages').glob('val_*'))
