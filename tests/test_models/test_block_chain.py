import os
import subprocess
import sys

import pytest
import torch
from mmengine.registry import MODELS
from torch import nn

from ppl_mm.errors import UserError
from ppl_mm.models import Block, BlockChain, block_chain, register_block_chain
from ppl_mm.models.block_chain import _main, describe


class Columns(nn.Module):
    """A user's own backbone."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, 2, 1)
        self.rest = nn.ModuleList(nn.Conv2d(4, 4, 3, 1, 1) for _ in range(3))

    def forward(self, x):
        x = self.first(x)
        for layer in self.rest:
            x = layer(x).tanh()
        return (x,)


@pytest.fixture
def own_backbone():
    @register_block_chain(f'{Columns.__module__}.Columns')
    def columns_chain(backbone):
        return [Block('first', (backbone.first,), 2, 4)] + [
            Block(f'rest.{i}', (layer, torch.tanh), 1, 4) for i, layer in enumerate(backbone.rest)
        ]

    return Columns()


@pytest.mark.parametrize('size', [(64, 64), (45, 70)])
def test_chain_is_the_backbone(backbone, size):
    x = torch.rand(2, 3, *size)
    with torch.no_grad():
        assert torch.equal(block_chain(backbone)(x), backbone(x)[-1])


def test_declared_strides_and_channels_are_true(backbone):
    x = torch.rand(1, 3, 64, 64)
    chain = block_chain(backbone)
    for i, block in enumerate(chain):
        with torch.no_grad():
            out = block(x)
        assert block.features(out).shape[1] == block.channels
        assert chain[: i + 1].channels == block.channels
        assert out.shape[2] * block.stride == x.shape[2], block.name
        assert out.shape[2] * chain[: i + 1].stride == 64
        x = out
    assert chain.channels == x.shape[1]


def test_head_and_tail_are_the_chain(backbone):
    x = torch.rand(1, 3, 64, 64)
    chain = block_chain(backbone)
    with torch.no_grad():
        expected = chain(x)
        for i in range(0, len(chain) - 1, 3):
            assert torch.equal(chain[i + 1 :](chain[: i + 1](x)), expected)
        last, features = chain.run(x, [1, len(chain) - 2])
        assert torch.equal(last, expected)
        assert list(features) == [1, len(chain) - 2]
        assert torch.equal(features[1], chain[:2](x))


@pytest.mark.parametrize(
    'name, length',
    [
        ('resnet18', 9),
        ('resnet50', 17),
        ('resnet18_cut', 7),
        ('resnet18_v1d', 9),
        ('mobilenet_v2', 19),
        ('mobilenet_v2_cut', 14),
        ('dilated_mobilenet_v2', 19),
        ('vgg11', 8),
        ('vgg11_bn', 6),
        ('convnext_atto', 16),
        ('convnext_cut', 7),
        ('resnet38d', 18),
        ('resnet38d_cut', 13),
        ('swin', 7),
        ('swin_cut', 6),
        ('swin_downsampled', 6),
        ('vit', 6),
        ('vit_cut', 6),
        ('deit', 6),
        ('mmseg_resnet18_v1c', 9),
    ],
)
def test_a_block_is_the_finest_natural_unit(make_backbone, name, length):
    assert len(block_chain(make_backbone(name))) == length


@pytest.mark.parametrize(
    'cfg',
    [
        dict(type='mmpretrain.ResNeXt', groups=2, width_per_group=4, depth=50),
        dict(type='mmpretrain.SEResNet', depth=50),
        dict(type='mmpretrain.Res2Net', depth=50, base_width=4),
        dict(type='mmseg.ResNeXt', groups=2, base_width=4, depth=50),
    ],
)
def test_relatives_that_keep_the_forward(make_backbone, cfg):
    net = make_backbone(dict(cfg, base_channels=16, stem_channels=16))
    chain, x = block_chain(net), torch.rand(1, 3, 40, 40)
    with torch.no_grad():
        out = chain(x)
        assert torch.equal(out, net(x)[-1])
    assert chain.channels == out.shape[1] and len(chain) == 17


def test_a_users_own_backbone(own_backbone):
    x = torch.rand(1, 3, 20, 21)
    chain = block_chain(own_backbone)
    assert torch.equal(chain(x), own_backbone(x)[-1])
    assert (chain.stride, chain.channels, len(chain)) == (2, 4, 4)


def test_a_subclass_with_the_same_forward_is_known(own_backbone):
    class Same(Columns):
        pass

    assert len(block_chain(Same())) == 4


def test_a_subclass_with_another_forward_is_refused(own_backbone):
    class Other(Columns):
        def forward(self, x):
            return (self.first(x),)

    with pytest.raises(UserError, match='Other: no block chain is known'):
        block_chain(Other())


@pytest.mark.parametrize(
    'cfg, message',
    [
        (dict(type='mmpretrain.ResNet_CIFAR', depth=18), 'ResNet_CIFAR: no block'),
        (dict(type='mmpretrain.RegNet', arch='regnetx_400mf'), 'RegNet: no block'),
        (dict(type='mmpretrain.VGG', depth=11, num_classes=5), 'num_classes=-1'),
        (dict(type='mmpretrain.ConvNeXt', arch='atto'), 'gap_before_final_norm=False'),
    ],
)
def test_what_has_no_chain_says_why_in_one_line(cfg, message):
    with pytest.raises(UserError, match=message) as caught:
        block_chain(MODELS.build(cfg))
    assert '\n' not in str(caught.value)


def chain_of(count):
    return BlockChain([Block(str(i), (), 1, 1) for i in range(count)])


@pytest.mark.parametrize('position, index', [(0, 0), (3, 3), (-2, 3), (-5, 0)])
def test_positions(position, index):
    assert chain_of(5).resolve(position) == index


@pytest.mark.parametrize('position', [4, 5, -1, -6])
def test_positions_outside(position):
    with pytest.raises(UserError, match=r'0\.\.3 or -5\.\.-2'):
        chain_of(5).resolve(position)


def test_description_has_a_line_for_each_block(make_backbone):
    lines = describe(block_chain(make_backbone('resnet18'))).splitlines()
    assert len(lines) == 11 and lines[-1].endswith('0..7.')
    assert lines[8].split() == ['7', 'layer4.0', '32', '64']


OWN_BACKBONE = """
from mmengine.registry import MODELS
from torch import nn
from ppl_mm.models import Block, register_block_chain


@MODELS.register_module()
class OwnNet(nn.Module):
    pass


@register_block_chain('own.OwnNet')
def own_chain(backbone):
    return [Block('all', (), 1, 3), Block('more', (), 1, 3)]
"""


@pytest.mark.slow
def test_command_prints_the_chain_of_a_config(tmp_path):
    (tmp_path / 'own.py').write_text(OWN_BACKBONE)
    (tmp_path / 'config.py').write_text(
        "custom_imports = dict(imports=['own'])\nmodel = dict(backbone=dict(type='OwnNet'))"
    )
    path = f'{tmp_path}:{os.environ.get("PYTHONPATH", "")}'
    done = subprocess.run(
        [sys.executable, '-m', 'ppl_mm.models.block_chain', tmp_path / 'config.py'],
        env={**os.environ, 'PYTHONPATH': path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert '0  all' in done.stdout


def test_command_without_its_config(monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['block_chain', 'none.py'])
    with pytest.raises(UserError, match='none.py: no such config'):
        _main()
