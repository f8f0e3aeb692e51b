import pytest
import torch
from mmengine.config import Config
from torch import distributed

from ppl_mm.errors import UserError
from ppl_mm.utils.distributed import setup


@pytest.fixture
def gpus(monkeypatch):
    """Sets how many GPUs torch sees; no group is made."""

    def set_gpus(count):
        monkeypatch.setattr(torch.cuda, 'is_available', lambda: count > 0)
        monkeypatch.setattr(torch.cuda, 'device_count', lambda: count)

    monkeypatch.setenv('RANK', '0')
    monkeypatch.setenv('LOCAL_WORLD_SIZE', '2')
    made = []
    monkeypatch.setattr(distributed, 'init_process_group', made.append)
    set_gpus.groups = made
    return set_gpus


def test_no_launcher_changes_nothing_else(gpus):
    gpus(0)
    cfg = Config(dict(a=1))
    setup(cfg, 'none')
    assert cfg.to_dict() == dict(a=1, launcher='none')
    assert not gpus.groups


def test_with_gpus_mmengine_does_it(gpus):
    gpus(2)
    cfg = Config(dict(model=dict(type='SyncBN')))
    setup(cfg, 'pytorch')
    assert cfg.launcher == 'pytorch' and 'model_wrapper_cfg' not in cfg
    assert cfg.model.type == 'SyncBN' and not gpus.groups


def test_without_a_gpu_the_group_is_gloo(gpus):
    gpus(0)
    cfg = Config(dict(find_unused_parameters=True, model=dict(
        norm_cfg=dict(type='SyncBN', requires_grad=True),
        heads=[dict(norm_cfg=dict(type='SyncBN')), dict(type='BN')])))
    setup(cfg, 'pytorch')
    assert gpus.groups == ['gloo']
    assert cfg.model_wrapper_cfg.device_ids is None
    assert cfg.model_wrapper_cfg.find_unused_parameters
    assert cfg.model.norm_cfg.type == 'BN'
    assert cfg.model.heads[0].norm_cfg.type == 'BN'
    assert cfg.model.norm_cfg.requires_grad


def test_config_keeps_its_own_wrapper(gpus):
    gpus(0)
    cfg = Config(dict(model_wrapper_cfg=dict(
        type='MMDistributedDataParallel', static_graph=True)))
    setup(cfg, 'pytorch')
    assert cfg.model_wrapper_cfg.static_graph
    assert cfg.model_wrapper_cfg.device_ids is None


@pytest.mark.parametrize('count, launcher, words', [
    (1, 'pytorch', '2 processes, but 1 GPU'),
    (0, 'slurm', '--launcher slurm needs a GPU')])
def test_impossible_launch_is_one_line(gpus, count, launcher, words):
    gpus(count)
    with pytest.raises(UserError, match=words):
        setup(Config(), launcher)


def test_process_of_nobody_is_one_line(gpus, monkeypatch):
    gpus(0)
    monkeypatch.delenv('RANK')
    with pytest.raises(UserError, match='not started by torchrun'):
        setup(Config(), 'pytorch')
