"""Settings for parameters and layers that a model does not have."""

import pytest
import torch
from mmengine.config import Config
from torch import nn

from ppl_mm.utils.config.no_effect import warn_of_settings


def kinds_told(capsys, **model):
    parts = dict(
        backbone=nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1)),
        heads=nn.ModuleList([nn.Linear(1, 1), nn.Conv2d(1, 1, 1)]),
    )
    warn_of_settings(Config(dict(model=model)), nn.ModuleDict(parts))
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    'init_cfg',
    [
        dict(type='Kaiming', layer='Conv2d'),
        dict(type='Constant', val=1, layer=['_BatchNorm', 'GroupNorm']),
        [dict(type='Pretrained', checkpoint='a.pth'), dict(type='Normal')],
        None,
        [3, dict(type='Normal', layer=3)],  # mmengine refuses these
    ],
)
def test_layers_that_are_there_are_right(capsys, init_cfg):
    assert not kinds_told(capsys, init_cfg=init_cfg, backbone=dict(init_cfg=init_cfg), neck=None)


def test_layers_that_are_missing_are_told_once_by_their_key(capsys):
    heads = [dict(type='A'), dict(init_cfg=[dict(type='Normal', layer='Linear')])]
    backbone = dict(init_cfg=dict(type='Kaiming', layer='Conv2D'), norm_cfg=dict(type='BN'))
    first, second = kinds_told(capsys, backbone=backbone, heads=heads)
    assert "model.backbone.init_cfg: layer 'Conv2D' is not a kind of layer there" in first
    assert first.endswith('did you mean Conv2d?')
    assert 'model.heads.1.init_cfg' in second


def test_keys_that_no_parameter_has_are_told(capsys):
    model = nn.ModuleDict(dict(backbone=nn.Linear(1, 1), head=nn.Linear(1, 1)))
    model.scale = nn.Parameter(torch.ones(1))
    keys = {'head': {}, 'backbone.': {}, '.weight': {}, '.scale': {}, '.backbone': {}, 'hed': {}}
    wrapper = dict(paramwise_cfg=dict(custom_keys=keys))
    warn_of_settings(Config(dict(optim_wrapper=wrapper)), model)
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 2 and "'.backbone'" in told[0]
    assert "'hed', so that it has no effect; did you mean head?" in told[1]
    wrapper['constructor'] = 'Own'
    warn_of_settings(Config(dict(optim_wrapper=wrapper)), model)
    assert not capsys.readouterr().out
