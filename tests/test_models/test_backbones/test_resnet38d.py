"""ResNet38d against the published table and a plain formula of its layers."""

import pytest
import torch
import torch.nn.functional as F
from test_models.test_backbones.resnet38d_layers import (
    BOTTLENECKS,
    PLAIN,
    expected_convolutions,
    expected_norms,
    tiny,
)
from torch import nn

from ppl_mm.errors import UserError
from ppl_mm.models import ResNet38d, block_chain


def full_size():
    with torch.device('meta'):
        return ResNet38d()


def test_every_layer_is_as_published():
    net = full_size()
    convs = {
        name: (tuple(m.weight.shape), m.stride[0], m.dilation[0])
        for name, m in net.named_modules()
        if isinstance(m, nn.Conv2d)
    }
    assert convs == expected_convolutions()
    norms = {
        name: m.num_features for name, m in net.named_modules() if isinstance(m, nn.BatchNorm2d)
    }
    assert norms == expected_norms()
    assert all(
        m.bias is None and m.padding[0] == m.dilation[0] * (m.kernel_size[0] // 2)
        for m in net.modules()
        if isinstance(m, nn.Conv2d)
    )


def test_number_of_parameters():
    count = sum(torch.Size(shape).numel() for shape, *_ in expected_convolutions().values())
    count += sum(2 * channels for channels in expected_norms().values())
    assert sum(p.numel() for p in full_size().parameters()) == count
    assert count == 105_070_912


def reference(net, x):
    """The network as a formula of its state dict, without its classes."""
    state = net.state_dict()

    def active(name, x):
        keys = ('running_mean', 'running_var', 'weight', 'bias')
        return F.relu(F.batch_norm(x, *(state[f'{name}.{key}'] for key in keys)))

    def conv(name, x):
        shape, stride, dilation = expected_convolutions()[name]
        return F.conv2d(
            x, state[f'{name}.weight'], None, stride, dilation * (shape[2] // 2), dilation
        )

    x = conv('conv1a', x)
    for name in (*PLAIN, *BOTTLENECKS):
        first = active(f'{name}.bn_branch2a', x)
        residual = conv(f'{name}.conv_branch2a', first)
        residual = conv(f'{name}.conv_branch2b1', active(f'{name}.bn_branch2b1', residual))
        if name in BOTTLENECKS:
            residual = conv(f'{name}.conv_branch2b2', active(f'{name}.bn_branch2b2', residual))
        if f'{name}.conv_branch1' in expected_convolutions():
            x = conv(f'{name}.conv_branch1', first)
        x = x + residual
    return active('bn7', x)


@pytest.mark.parametrize('size', [(64, 64), (45, 70)])
def test_it_computes_the_formula(size):
    net, x = tiny().eval(), torch.rand(2, 3, *size)
    with torch.no_grad():
        (out,) = net(x)
        torch.testing.assert_close(out, reference(net, x))
    assert out.shape == (2, 512, *(-(-side // 8) for side in size))


def test_features_of_several_stages():
    net = tiny(out_indices=(1, 2, 3, 4, 5, 6, 7)).eval()
    shapes = [tuple(f.shape[1:]) for f in net(torch.rand(1, 3, 64, 48))]
    assert shapes == [
        (8, 64, 48),
        (16, 32, 24),
        (32, 16, 12),
        (64, 8, 6),
        (128, 8, 6),
        (256, 8, 6),
        (512, 8, 6),
    ]


@pytest.mark.parametrize('width, channels', [(0.125, 512), (0.5, 2048)])
def test_width(width, channels):
    with torch.device('meta'):
        net = ResNet38d(width=width)
    assert net.bn7.num_features == channels
    assert all(
        m.out_channels % 8 == 0
        for m in net.modules()
        if isinstance(m, nn.Conv2d) and m.out_channels > 16
    )


def test_blocks_of_its_chain():
    chain = block_chain(full_size())
    assert [block.name for block in chain] == ['conv1a', *PLAIN, *BOTTLENECKS]
    assert [block.channels for block in chain] == [
        64,
        *(row[2] for row in PLAIN.values()),
        2048,
        4096,
    ]
    assert chain.stride == 8


def test_taps_are_those_of_psa():
    """Norm and ReLU at the input of b5 and b6, and of bn7."""
    net, x = tiny().eval(), torch.rand(1, 3, 48, 40)
    seen = []
    for unit in (net.b5, net.b6):
        unit.conv_branch2a.register_forward_pre_hook(lambda _, args: seen.append(args[0].clone()))
    chain = block_chain(net)
    with torch.no_grad():
        (last,) = net(x)
        _, maps = chain.run(x, (12, 15, 17))
        taps = [chain[i].features(value) for i, value in maps.items()]
    assert [tap.shape[1] for tap in taps] == [64, 128, 512]
    assert all(torch.equal(tap, value) for tap, value in zip(taps, [*seen[:2], last], strict=True))


def test_weights_that_are_not_there(tmp_path):
    net = ResNet38d(
        width=0.125, init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'none.pth'))
    )
    with pytest.raises(UserError, match='docs/weights.md') as caught:
        net.init_weights()
    assert str(tmp_path / 'none.pth') in str(caught.value)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(out_indices=(0,)), 'out_indices of ResNet38d'),
        (dict(out_indices=(8,)), 'out_indices of ResNet38d'),
        (dict(out_indices=()), 'out_indices of ResNet38d'),
        (dict(frozen_stages=8), 'frozen_stages of ResNet38d'),
        (dict(frozen_stages=-1), 'frozen_stages of ResNet38d'),
        (dict(dropout=(0.3,)), 'dropout of ResNet38d'),
        (dict(dropout=(0.3, 1.5)), 'dropout of ResNet38d'),
    ],
)
def test_illegal_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        ResNet38d(width=0.125, **settings)
