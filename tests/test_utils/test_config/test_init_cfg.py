"""Initial weights of layers that a model does not have."""

import pytest
from mmengine.config import Config
from torch import nn

from ppl_mm.utils.config.init_cfg import warn_of_layers


def kinds_told(capsys, **model):
    parts = dict(
        backbone=nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1)),
        heads=nn.ModuleList([nn.Linear(1, 1), nn.Conv2d(1, 1, 1)]),
    )
    warn_of_layers(Config(dict(model=model)), nn.ModuleDict(parts))
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
