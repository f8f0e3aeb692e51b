"""ResNet38d against the published table and a plain formula of its layers."""

import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import DefaultScope
from torch import nn

from ppl_mm.errors import UserError
from ppl_mm.models import AffinityNet, ResNet38d, block_chain
from ppl_mm.registry import MODELS

# name: in, middle, out, stride, dilation of both 3x3 convolutions; written
# out by hand from the table of PSA's network/resnet38d.py.
PLAIN = {
    'b2': (64, 128, 128, 2, 1, 1),
    'b2_1': (128, 128, 128, 1, 1, 1),
    'b2_2': (128, 128, 128, 1, 1, 1),
    'b3': (128, 256, 256, 2, 1, 1),
    'b3_1': (256, 256, 256, 1, 1, 1),
    'b3_2': (256, 256, 256, 1, 1, 1),
    'b4': (256, 512, 512, 2, 1, 1),
    'b4_1': (512, 512, 512, 1, 1, 1),
    'b4_2': (512, 512, 512, 1, 1, 1),
    'b4_3': (512, 512, 512, 1, 1, 1),
    'b4_4': (512, 512, 512, 1, 1, 1),
    'b4_5': (512, 512, 512, 1, 1, 1),
    'b5': (512, 512, 1024, 1, 1, 2),
    'b5_1': (1024, 512, 1024, 1, 2, 2),
    'b5_2': (1024, 512, 1024, 1, 2, 2),
}
BOTTLENECKS = {'b6': (1024, 512, 1024, 2048), 'b7': (2048, 1024, 2048, 4096)}


def expected_convolutions():
    """name: shape of the weight, stride, dilation."""
    convs = {'conv1a': ((64, 3, 3, 3), 1, 1)}
    for name, (before, mid, out, stride, first, second) in PLAIN.items():
        convs[f'{name}.conv_branch2a'] = ((mid, before, 3, 3), stride, first)
        convs[f'{name}.conv_branch2b1'] = ((out, mid, 3, 3), 1, second)
        if before != out or stride > 1:
            convs[f'{name}.conv_branch1'] = ((out, before, 1, 1), stride, 1)
    for name, (before, quarter, half, out) in BOTTLENECKS.items():
        convs[f'{name}.conv_branch2a'] = ((quarter, before, 1, 1), 1, 1)
        convs[f'{name}.conv_branch2b1'] = ((half, quarter, 3, 3), 1, 4)
        convs[f'{name}.conv_branch2b2'] = ((out, half, 1, 1), 1, 1)
        convs[f'{name}.conv_branch1'] = ((out, before, 1, 1), 1, 1)
    return convs


def expected_norms():
    """name: channels."""
    norms = {'bn7': 4096}
    for name, (before, mid, *_) in PLAIN.items():
        norms |= {f'{name}.bn_branch2a': before, f'{name}.bn_branch2b1': mid}
    for name, (before, quarter, half, _) in BOTTLENECKS.items():
        norms |= {
            f'{name}.bn_branch2a': before,
            f'{name}.bn_branch2b1': quarter,
            f'{name}.bn_branch2b2': half,
        }
    return norms


def full_size():
    with torch.device('meta'):
        return ResNet38d()


def tiny(**settings):
    """In training mode, with norms that are not the identity."""
    net = ResNet38d(width=0.125, **settings)
    with torch.no_grad():
        for name, value in net.state_dict().items():
            if 'bn' in name and value.is_floating_point():
                value.uniform_(0.5, 1.5)
    return net.train()


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


def test_norms_are_frozen_by_default():
    net = tiny(frozen_stages=2)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    net(torch.rand(2, 3, 32, 32))[0].sum().backward()
    with_gradient = {name for name, p in net.named_parameters() if p.grad is not None}
    assert with_gradient == {
        f'{name}.weight'
        for name in expected_convolutions()
        if name != 'conv1a' and not name.startswith('b2')
    }
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


def test_norms_learn_where_they_are_told_to():
    net = tiny(norm_eval=False, frozen_stages=2, norm_cfg=dict(type='BN', requires_grad=True))
    before = {key: value.clone() for key, value in net.state_dict().items()}
    net(torch.rand(2, 3, 32, 32))[0].square().sum().backward()
    moved = {
        key
        for key, value in net.state_dict().items()
        if key.endswith('running_mean') and not torch.equal(value, before[key])
    }
    assert moved == {
        f'{name}.running_mean' for name in expected_norms() if not name.startswith('b2')
    }
    assert net.bn7.weight.grad is not None
    assert net.b2.bn_branch2a.weight.grad is None


@pytest.mark.parametrize(
    'frozen, first', [(0, 'conv1a'), (1, 'b2'), (3, 'b4'), (6, 'b7'), (7, None)]
)
def test_frozen_stages(frozen, first):
    net = tiny(frozen_stages=frozen)
    trained = [name.split('.')[0] for name, p in net.named_parameters() if p.requires_grad]
    assert (trained[0] if trained else None) == first


def test_stages_after_the_last_output_are_idle():
    net = tiny(out_indices=(4,))
    net(torch.rand(1, 3, 32, 32))[0].sum().backward()
    assert all((p.grad is not None) == p.requires_grad for p in net.parameters())
    assert net.b5.conv_branch2a.weight.grad is None


def test_dropout_is_for_training_only():
    net, x = tiny(dropout=(0.3, 0.9)), torch.rand(2, 3, 32, 32)
    assert (net.b6.dropout_2b1.p, net.b7.dropout_2b2.p) == (0.3, 0.9)
    with torch.no_grad():
        assert not torch.equal(net(x)[0], net(x)[0])
        net.eval()
        assert torch.equal(net(x)[0], net(x)[0])
        off = tiny(dropout=(0, 0))
        off.load_state_dict(net.state_dict())
        assert torch.equal(off(x)[0], net(x)[0])


def inputs_of(layer, net, x):
    """What a layer gets when the network runs."""
    seen = []
    handle = layer.register_forward_pre_hook(lambda _, args: seen.append(args[0].clone()))
    with torch.no_grad():
        net(x)
    handle.remove()
    return seen[0]


@pytest.mark.parametrize(
    'name, dropped', [('conv_branch2a', False), ('conv_branch1', False), ('conv_branch2b1', True)]
)
def test_dropout_takes_whole_channels_of_the_residual(name, dropped):
    net, x = tiny(dropout=(0.5, 0.5)), torch.rand(1, 3, 64, 64)
    layer = getattr(net.b6, name)
    training = inputs_of(layer, net, x)
    expected = inputs_of(layer, net.eval(), x)
    off = (training == 0).all(dim=(2, 3), keepdim=True)
    if dropped:
        assert 0.1 < (off & expected.any(dim=(2, 3), keepdim=True)).float().mean() < 0.75
        expected = 2 * expected * ~off
    torch.testing.assert_close(training, expected)


def test_dropout_stands_before_both_of_the_last_convolutions():
    net, x = tiny(dropout=(1, 0)), torch.rand(1, 3, 32, 32)
    for name in ('conv_branch2b1', 'conv_branch2b2'):
        assert not inputs_of(getattr(net.b6, name), net, x).any()


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


def test_affinity_net_trains_all_that_it_uses():
    net = AffinityNet(
        tiny(norm_cfg=dict(type='BN', requires_grad=True)), taps=(3, 12), channels=(4, 8)
    )
    net.train()
    net(torch.rand(1, 3, 32, 32)).square().sum().backward()
    assert all((p.grad is not None) == p.requires_grad for p in net.parameters())
    # The tap's own norm, of a unit that is not run.
    assert net.backbone.b5.bn_branch2a.weight.grad is not None
    assert net.backbone.b5.conv_branch2a.weight.grad is None


@pytest.mark.parametrize('scope', ['mmpretrain', 'mmseg'])
def test_buildable_from_both_scopes(scope):
    with DefaultScope.overwrite_default_scope(scope):
        net = MODELS.build(dict(type='ppl_mm.ResNet38d', width=0.125))
    assert isinstance(net, ResNet38d)


def test_initial_weights_keep_the_size_of_features():
    net = ResNet38d(width=0.25)
    net.init_weights()
    (out,) = net.eval()(torch.randn(1, 3, 64, 64))
    assert 0.01 < out.std() < 1000


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
