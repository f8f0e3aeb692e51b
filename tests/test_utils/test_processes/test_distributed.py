import pytest
import torch
from mmengine.config import Config
from torch import distributed

from ppl_mm.errors import UserError
from ppl_mm.utils.processes import distributed as processes
from ppl_mm.utils.processes.distributed import join, make_group, setup


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


@pytest.fixture
def by_mmengine(monkeypatch):
    """What mmengine is asked to make groups of, in the order of the calls."""
    calls = []
    for name in ('set_multi_processing', 'init_dist'):
        monkeypatch.setattr(
            processes,
            name,
            lambda *args, _name=name, **settings: calls.append((_name, args, settings)),
        )
    return calls


def test_a_group_with_gpus_is_the_one_that_the_runner_would_make(gpus, by_mmengine):
    gpus(2)
    cfg = Config(
        dict(
            env_cfg=dict(
                mp_cfg=dict(mp_start_method='spawn'), dist_cfg=dict(backend='nccl', timeout=60)
            )
        )
    )
    setup(cfg, 'pytorch')
    assert not by_mmengine
    make_group(cfg)
    assert by_mmengine == [
        ('set_multi_processing', (), dict(mp_start_method='spawn', distributed=True)),
        ('init_dist', ('pytorch',), dict(backend='nccl', timeout=60)),
    ]


def test_a_group_needs_no_environment_in_the_config(gpus, by_mmengine):
    gpus(2)
    join('slurm')
    assert by_mmengine[-1] == ('init_dist', ('slurm',), {})


@pytest.mark.parametrize('launcher, there', [('none', False), ('pytorch', True)])
def test_no_group_is_made_of_one_process_or_twice(gpus, by_mmengine, monkeypatch, launcher, there):
    gpus(2)
    monkeypatch.setattr(distributed, 'is_initialized', lambda: there)
    join(launcher)
    assert not by_mmengine and not gpus.groups


def test_without_a_gpu_the_group_is_gloo(gpus):
    gpus(0)
    cfg = Config(
        dict(
            find_unused_parameters=True,
            model=dict(
                norm_cfg=dict(type='SyncBN', requires_grad=True),
                heads=[dict(norm_cfg=dict(type='SyncBN')), dict(type='BN')],
            ),
        )
    )
    setup(cfg, 'pytorch')
    assert gpus.groups == ['gloo']
    assert cfg.model_wrapper_cfg.device_ids is None
    assert cfg.model_wrapper_cfg.find_unused_parameters
    assert cfg.model.norm_cfg.type == 'BN'
    assert cfg.model.heads[0].norm_cfg.type == 'BN'
    assert cfg.model.norm_cfg.requires_grad


def test_config_keeps_its_own_wrapper(gpus):
    gpus(0)
    cfg = Config(dict(model_wrapper_cfg=dict(type='MMDistributedDataParallel', static_graph=True)))
    setup(cfg, 'pytorch')
    assert cfg.model_wrapper_cfg.static_graph
    assert cfg.model_wrapper_cfg.device_ids is None


@pytest.mark.parametrize(
    'count, launcher, words',
    [(1, 'pytorch', '2 processes, but 1 GPU'), (0, 'slurm', '--launcher slurm needs a GPU')],
)
def test_impossible_launch_is_one_line(gpus, count, launcher, words):
    gpus(count)
    with pytest.raises(UserError, match=words):
        setup(Config(), launcher)


def test_process_of_nobody_is_one_line(gpus, monkeypatch):
    gpus(0)
    monkeypatch.delenv('RANK')
    with pytest.raises(UserError, match='not started by torchrun'):
        setup(Config(), 'pytorch')
